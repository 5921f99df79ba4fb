internal import ArgumentParser
internal import Foundation
internal import SwiftProtobuf

/// `khach sample --size S --out DIR`.
struct SampleWrite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write",
        abstract: "Write a sample to files or to standard output.",
        discussion: """
            Into a directory: businesses.jsonl, pages.jsonl (businessId is the position of the \
            business, from 1), interactions.jsonl and labels.jsonl (what each text contains). \
            To standard output (-): the interactions only.
            """
    )

    @OptionGroup var sample: SampleOptions

    @Option(
        help: "A directory, made if it is not there; - writes to standard output.",
        completion: .directory
    )
    var out = "-"

    func run() async throws {
        let sample = Sample(size: self.sample.size, seed: self.sample.seed)
        guard self.out != "-" else {
            sample.write { lines, _ in StandardStream.output.write(lines) }
            return
        }

        let folder = URL(filePath: self.out, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try self.writeDirectory(sample.directory, to: folder)
        let interactions = try Self.create(folder.appending(path: "interactions.jsonl"))
        let labels = try Self.create(folder.appending(path: "labels.jsonl"))
        var progress = ProgressLine(ProgressBar(label: "writing", unit: "bytes"))
        var bytesCount: UInt64 = 0
        try sample.write { lines, labelLines in
            try interactions.write(contentsOf: lines)
            try labels.write(contentsOf: labelLines)
            bytesCount += UInt64(lines.count)
            progress.show(done: bytesCount, share: nil)
        }
        progress.clear()
        try interactions.close()
        try labels.close()
        Surroundings.current.console.write(
            "\(self.sample.size.linesCount) lines, \(self.sample.size.customersCount) customers "
                + "in \(self.out)\n"
        )
    }

    private func writeDirectory(_ directory: SampleDirectory, to folder: URL) throws {
        let businesses = try directory.businessRequests.map { try $0.jsonString() + "\n" }
        let pages = try directory.businesses.indices.flatMap { index in
            try directory.pageRequests(of: index, businessID: "\(index + 1)").map {
                try $0.jsonString() + "\n"
            }
        }
        try Data(businesses.joined().utf8).write(to: folder.appending(path: "businesses.jsonl"))
        try Data(pages.joined().utf8).write(to: folder.appending(path: "pages.jsonl"))
    }

    private static func create(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }
}
