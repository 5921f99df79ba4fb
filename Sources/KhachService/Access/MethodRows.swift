package import TTRPC

/// The methods of the API by name, each with what it needs of its caller and how it is run.
package struct MethodRows: Sendable {
    package struct Row: Sendable {
        package var need: Need
        package var handler: MethodTable.Handler
    }

    package private(set) var services: [String: [String: Row]] = [:]

    /// Adds a method; a name can be added once.
    package mutating func add(
        _ service: String,
        _ method: String,
        needs need: Need,
        _ handler: MethodTable.Handler
    ) {
        precondition(
            self.services[service]?[method] == nil,
            "\(service)/\(method) is in the table already"
        )
        self.services[service, default: [:]][method] = Row(need: need, handler: handler)
    }
}
