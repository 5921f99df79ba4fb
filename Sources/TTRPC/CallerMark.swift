/// What methods say of who calls by the connection of a call.
package protocol CallerMark: AnyObject, Sendable {
    /// A known caller calls; false when `claim`, which is asked at its first call, says `nil`.
    ///
    /// What `claim` returns is run once the connection has ended.
    func called(by key: Int64, _ claim: () -> (@Sendable () -> Void)?) -> Bool

    /// What was found of the caller of the connection's last call, kept for its next one.
    var memo: (any AnyObject & Sendable)? { get set }
}
