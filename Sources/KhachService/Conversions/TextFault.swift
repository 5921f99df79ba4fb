internal import SwiftProtobuf
internal import TTRPC

/// Finds which field of a message holds a text that is not UTF-8.
///
/// A decoder says only that there is one. Fields do not depend on each other, so each is decoded
/// alone until one fails; with another text in its place, JSON says what it is called. Only what
/// was refused already comes here.
struct TextFault {
    /// Fields that are tried; a message has fewer, and bytes that repeat more are nobody's mistake.
    private static let triesMax = 64

    private let isRefused: ([UInt8]) -> Bool
    private var tries = 0

    private init(isRefused: @escaping ([UInt8]) -> Bool) {
        self.isRefused = isRefused
    }

    /// The path of the field, such as "filter.page_ids[2]"; `nil` when it cannot be told.
    static func field<Request: Message>(
        of type: Request.Type,
        in message: UnsafeRawBufferPointer
    ) -> String? {
        var fault = Self { bytes in
            do {
                _ = try type.init(serializedBytes: bytes)
                return false
            } catch BinaryDecodingError.invalidUTF8 {
                return true
            } catch {
                return false
            }
        }
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        guard let found = fault.found(in: message, wrapping: { $0 }),
            let request = try? type.init(serializedBytes: found.repaired),
            let json: [UInt8] = try? request.jsonUTF8Bytes(options: options)
        else { return nil }

        return Self.path(of: json, found.indices)
    }

    /// A message of the one field at fault, with "x" as its text; and on the way to it, how many of
    /// the same field come before.
    private mutating func found(
        in message: UnsafeRawBufferPointer,
        wrapping wrap: ([UInt8]) -> [UInt8]
    ) -> (repaired: [UInt8], indices: [Int])? {
        var before: [UInt64: Int] = [:]
        var reader = FieldReader(message)
        while let field = reader.next() {
            guard case .bytes(let range) = field.value else { continue }

            let index = before[field.number, default: 0]
            before[field.number] = index + 1
            // ASCII is valid.
            guard message[range].contains(where: { $0 >= 0x80 }) else { continue }
            guard self.tries < Self.triesMax else { return nil }

            self.tries += 1
            guard self.isRefused(wrap(Array(message[field.start..<range.upperBound]))) else {
                continue
            }

            let number = Int(field.number)
            let nested = UnsafeRawBufferPointer(rebasing: message[range])
            if var inner = self.found(in: nested, wrapping: { wrap(Self.field(number, $0)) }) {
                inner.indices.insert(index, at: 0)
                return inner
            }
            return (wrap(Self.field(number, Array("x".utf8))), [index])
        }
        return nil
    }

    private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        var writer = PayloadWriter(capacity: bytes.count + 16)
        writer.write(bytes, field: number)
        return writer.payload.bytes
    }

    /// The keys of JSON such as `{"filter":{"page_ids":["x"]}}`, each array with its index.
    private static func path(of json: [UInt8], _ indices: [Int]) -> String? {
        var path = ""
        var rest = json[...]
        var depth = 0
        while rest.starts(with: Array("{\"".utf8)) {
            rest = rest.dropFirst(2)
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }

            path += (path.isEmpty ? "" : ".") + String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...].drop { $0 == UInt8(ascii: ":") }
            if rest.first == UInt8(ascii: "["), depth < indices.count {
                path += "[\(indices[depth])]"
                rest = rest.dropFirst()
            }
            depth += 1
        }
        return path.isEmpty ? nil : path
    }
}

extension InputError {
    /// What is wrong with the text that a decoder refused.
    static func notUTF8<Request: Message>(
        _ type: Request.Type,
        in message: UnsafeRawBufferPointer
    ) -> InputError? {
        TextFault.field(of: type, in: message)
            .map { InputError($0, "UTF-8 expected, found other bytes") }
    }
}
