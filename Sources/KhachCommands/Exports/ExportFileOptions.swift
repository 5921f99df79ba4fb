internal import ArgumentParser
internal import Foundation
internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// How the file of an export looks, and where it goes; the same online and offline.
struct ExportFileOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case xlsx, csv, jsonl
    }

    enum Language: String, ExpressibleByArgument, CaseIterable {
        case vi, en
    }

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The file; - is standard output.", valueName: "file"),
        completion: .file()
    )
    var target: String

    @Option(help: "xlsx, csv or jsonl (default: as the name of the file ends; else xlsx).")
    var format: Format?

    @Option(
        help: ArgumentHelp(
            "Keys of columns in their order, such as no,name,phone (default: those of people).",
            valueName: "a,b,c"
        )
    )
    var columns: String?

    @Option(help: "Headers and values: vi or en.")
    var language = Language.vi

    @Option(
        help: ArgumentHelp(
            "Exactly these customers, in this order; may be repeated.",
            valueName: "id,id,…"
        )
    )
    var ids: [String] = []

    @Option(help: ArgumentHelp("CSV: , or ;", valueName: "character"))
    var separator = ","

    @Flag(help: "CSV: no byte order mark at the beginning.")
    var noBom = false

    @Flag(help: "Show phones and e-mail addresses in part only.")
    var mask = false

    @Flag(help: "Replace a file that is there.")
    var force = false

    func validate() throws {
        guard [",", ";"].contains(self.separator) else {
            throw ValidationError(", or ; expected for --separator, \(self.separator) found")
        }
    }

    var chosenFormat: Format {
        self.format
            ?? Format(rawValue: URL(filePath: self.target).pathExtension.lowercased()) ?? .xlsx
    }

    var columnKeys: [String] { Self.parts(self.columns ?? "") }
    var customerIDs: [String] { self.ids.flatMap(Self.parts) }

    /// The request of such a file, without who is in it.
    var request: Khach_V1_ExportCustomersRequest {
        .with {
            switch self.chosenFormat {
            case .xlsx: $0.format = .xlsx
            case .csv: $0.format = .csv
            case .jsonl: $0.format = .jsonl
            }
            $0.language = self.language == .en ? .english : .vietnamese
            $0.columns = self.columnKeys
            $0.ids = self.customerIDs
            $0.separator = self.separator
            $0.withoutBom = self.noBom
            $0.maskContacts = self.mask
        }
    }

    /// The same for a cache.
    func options(
        _ filter: KhachClient.CustomerFilter,
        order: KhachClient.CustomerOrder
    ) -> ExportOptions {
        let format: ExportOptions.Format =
            switch self.chosenFormat {
            case .xlsx: .xlsx
            case .csv: .csv
            case .jsonl: .jsonl
            }
        return ExportOptions(
            scope: self.customerIDs.isEmpty ? .filter(filter, order) : .ids(self.customerIDs),
            format: format,
            language: self.language == .en ? .english : .vietnamese,
            columns: self.columnKeys,
            separator: self.separator,
            hasByteOrderMark: !self.noBom,
            masksContacts: self.mask
        )
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
