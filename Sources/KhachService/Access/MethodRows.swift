package import TTRPC

/// The methods of the API by name, each with what it needs of its caller and how it is run.
package struct MethodRows: Sendable {
    /// What a call does for most of its time.
    package enum Life: Hashable, Sendable {
        case works
        /// It waits for something to tell; how many may do so is bounded on its own.
        case waits
    }

    package struct Row: Sendable {
        package var need: Need
        package var life: Life
        package var handler: MethodTable.Handler
        /// Its place in `handlers`, which is that of the same method in other rows.
        package var index: Int
    }

    package private(set) var services: [String: [String: Row]] = [:]
    /// In the order in which they were added.
    package private(set) var handlers: [MethodTable.Handler] = []

    /// Adds a method; a name can be added once.
    package mutating func add(
        _ service: String,
        _ method: String,
        needs need: Need,
        life: Life = .works,
        _ handler: MethodTable.Handler
    ) {
        precondition(
            self.services[service]?[method] == nil,
            "\(service)/\(method) is in the table already"
        )
        self.services[service, default: [:]][method] = Row(
            need: need,
            life: life,
            handler: handler,
            index: self.handlers.count
        )
        self.handlers.append(handler)
    }
}
