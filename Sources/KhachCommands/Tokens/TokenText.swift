internal import ArgumentParser
internal import KhachProto
internal import SwiftProtobuf

/// A permission as it is written on the command line.
enum PermissionName: String, CaseIterable, ExpressibleByArgument {
    case read, contacts, edit, block, export, record, erase, manage, administer

    var permission: Khach_V1_Permission {
        switch self {
        case .read: .read
        case .contacts: .contacts
        case .edit: .edit
        case .block: .block
        case .export: .export
        case .record: .record
        case .erase: .erase
        case .manage: .manage
        case .administer: .administer
        }
    }
}

/// Tokens for people.
enum TokenText {
    /// A secret alone on standard output, so that it can be piped; the rest on standard error.
    static func show(
        _ response: some Message,
        secret: String,
        _ token: Khach_V1_AccessToken,
        _ output: OutputOptions
    ) throws {
        try Listing.show(response, as: output.output) { _ in secret + "\n" }
        Surroundings.current.console.writeError(
            "token \(ShownText.oneLine(token.id)); its secret is not told again\n"
        )
    }

    private static func state(_ token: Khach_V1_AccessToken, now: Double) -> String {
        if token.hasRevokedAt { return "revoked" }
        guard token.hasExpiresAt else { return "valid" }

        return Double(token.expiresAt.seconds) <= now ? "expired" : "expires"
    }

    static func table(_ tokens: [Khach_V1_AccessToken]) -> String {
        var table = Table([
            .init("ID"), .init("NAME"), .init("BUSINESS"), .init("PAGES"), .init("MAY"),
            .init("STATE"),
        ])
        let rows = tokens.map { token in
            [
                token.id, token.name, token.businessID.isEmpty ? "every" : token.businessID,
                token.pageIds.isEmpty ? "every" : "\(token.pageIds.count)",
                PermissionName.allCases.filter { token.permissions.contains($0.permission) }
                    .map(\.rawValue).joined(separator: ","),
                Self.state(token, now: Surroundings.current.now()),
            ]
        }
        return table.lines(rows) + "\(PlainText.count(rows.count, "token", "tokens"))\n"
    }
}
