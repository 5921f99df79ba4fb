/// Options that may also stand before the command, as in `khach --server unix:/s customers count`.
///
/// ArgumentParser reads an option where it is declared, which is in each command; so those that
/// stand before the first command are moved to the end.
enum GlobalOptions {
    private static let names = ["--server", "--output", "--timeout"]

    static func hoisted(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var options: [String] = []
        while let first = rest.first, let name = Self.names.first(where: first.hasPrefix) {
            guard first == name || first.hasPrefix(name + "=") else { break }

            let width = first == name ? 2 : 1
            options += rest.prefix(width)
            rest = rest.dropFirst(width)
        }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return rest[..<end] + options + rest[end...]
    }
}
