internal import KhachCore

extension ServiceEnvironment {
    /// A position as text: the generation of the store, and a commit sequence (docs/sync.md).
    ///
    /// Caches compare it with how far they are; it proves nothing, so it has no tag.
    func position(_ seq: CommitSequence) -> String {
        var text = ""
        for byte in self.store.generation {
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
        return "\(text)-\(seq)"
    }
}
