/// The file or the standard input from which lines come.
struct RecordSource {
    /// `nil` when nobody can know.
    let bytesCount: UInt64?
    let read: () throws -> [UInt8]

    init(_ path: String) throws {
        guard path != "-" else {
            self.bytesCount = nil
            self.read = Surroundings.current.readInput
            return
        }

        let file = try InputFile(path)
        self.bytesCount = file.bytesCount
        self.read = file.read
    }
}
