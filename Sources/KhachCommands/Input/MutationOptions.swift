internal import ArgumentParser
internal import KhachProto
internal import SwiftProtobuf

/// Who changes something.
struct ActorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Who does it, for the record and the audit (KHACH_ACTOR; default: the login name).",
            valueName: "name"
        )
    )
    var actor: String?

    /// Empty only before `validate`.
    var name: String {
        let surroundings = Surroundings.current
        let named = surroundings.environment["KHACH_ACTOR"] ?? ""
        return self.actor ?? (named.isEmpty ? surroundings.userName() : named)
    }

    func validate() throws {
        guard self.name.isEmpty else { return }

        throw ValidationError("--actor, KHACH_ACTOR or a login name expected, none found")
    }
}

/// Who changes something, and the name of the request.
struct MutationOptions: ParsableArguments {
    private static let requestIDBytesMax = 64

    @OptionGroup var author: ActorOptions

    @Option(
        help: ArgumentHelp(
            "A name that no other request has: the same command again has no further effect.",
            valueName: "id"
        )
    )
    var requestID = ""

    func validate() throws {
        let count = self.requestID.utf8.count
        guard count > Self.requestIDBytesMax else { return }

        throw ValidationError(
            "at most \(Self.requestIDBytesMax) bytes expected for --request-id, \(count) found"
        )
    }

    /// What the calls of this command carry; a command that makes several names each.
    ///
    /// - Parameter call: counted from 0; the first has the name as it was given.
    func mutation(call: Int = 0) -> Khach_V1_Mutation {
        .with {
            $0.actor = self.author.name
            if !self.requestID.isEmpty {
                $0.requestID = call == 0 ? self.requestID : "\(self.requestID)/\(call + 1)"
            }
        }
    }
}
