internal import SwiftProtobuf

/// The files of the API as descriptors, found by name and by what they define.
struct Schema: Sendable {
    private var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
    private var symbols: [String: String] = [:]

    /// Reads a descriptor set that `Proto/generate.sh` made.
    init(descriptorSet: [UInt8]) throws {
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: descriptorSet)
        for file in set.file {
            self.files[file.name] = file
            for symbol in Self.symbols(of: file) { self.symbols[symbol] = file.name }
        }
    }

    /// The file that defines a symbol.
    func file(of symbol: String) -> String? {
        self.symbols[symbol]
    }

    /// A file and all that it imports, each once; `nil` when there is no such file.
    func files(from name: String) -> [Google_Protobuf_FileDescriptorProto]? {
        guard self.files[name] != nil else { return nil }

        var names = [name]
        var next = 0
        while next < names.count {
            for found in self.files[names[next]]?.dependency ?? [] where !names.contains(found) {
                names.append(found)
            }
            next += 1
        }
        return names.compactMap { self.files[$0] }
    }

    private static func symbols(of file: Google_Protobuf_FileDescriptorProto) -> [String] {
        let scope = file.package.isEmpty ? "" : "\(file.package)."
        let services = file.service.flatMap { service in
            ["\(scope)\(service.name)"]
                + service.method.map { "\(scope)\(service.name).\($0.name)" }
        }
        return services + file.enumType.map { "\(scope)\($0.name)" }
            + file.messageType.flatMap { Self.symbols(of: $0, in: scope) }
    }

    private static func symbols(
        of message: Google_Protobuf_DescriptorProto,
        in scope: String
    ) -> [String] {
        let name = "\(scope)\(message.name)"
        return [name] + message.enumType.map { "\(name).\($0.name)" }
            + message.field.map { "\(name).\($0.name)" }
            + message.nestedType.flatMap { Self.symbols(of: $0, in: "\(name).") }
    }
}
