internal import Foundation
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import TestFolders
internal import Testing

@testable internal import KhachSQLite

/// A store of version 1 answers every question once it is one of version 2.
@Suite("Migration of the index")
struct IndexMigrationTests {
    private static let business = BusinessID(rawValue: 1)
    private static let page = PageID(rawValue: 2)
    private static let epoch = InteractionGenerator.epoch

    @Test("lists, counts, search and statistics hold what version 1 held")
    func migrate() throws {
        let folder = try TestFolder()
        defer { withExtendedLifetime(folder) {} }
        let file = folder.path("khach.db")
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        let database = try Database(path: file, access: .readWrite)
        try Self.makeVersion1(database)
        try Migrations.all.run(on: database)

        // Without the writer, which would make everything anew from interactions.
        let reader = try Reader(path: file)
        var filter = CustomerFilter(businessID: Self.business)
        #expect(try Self.users(reader, filter) == ["u2", "u1", "u0"])
        #expect(try Self.users(reader, filter, .lastInboundDescending) == ["u1", "u0", "u2"])
        filter.hasPhone = true
        #expect(try Self.users(reader, filter) == ["u1"])
        filter.hasPhone = nil
        filter.name = "nguyen"
        #expect(try Self.users(reader, filter, .relevance) == ["u1", "u0"])
        filter.name = nil
        filter.channels = [.zaloOA]
        #expect(try reader.count(filter).count == 0)
        let end = Instant(milliseconds: Self.epoch.milliseconds + 1_000)
        let statistics = try reader.statistics(
            StatisticsQuery(
                businessID: Self.business,
                grouping: .business,
                basis: .created,
                firstDay: 20_254,
                dayStarts: [Self.epoch, end]
            )
        )
        #expect(statistics.totals.first?[.newCustomers] == 3)
        #expect(statistics.totals.first?[.phonesFound] == 1)
    }

    private static func users(
        _ reader: Reader,
        _ filter: CustomerFilter,
        _ order: CustomerOrder = .createdDescending
    ) throws -> [String] {
        let page = try reader.customers(CustomerQuery(filter: filter, order: order, rowsMax: 10))
        return page.ranges.map {
            String(decoding: RecordBytes.text(ofField: 4, Array(page.bytes[$0])), as: UTF8.self)
        }
    }

    /// Three customers, as version 1 wrote them.
    private static func makeVersion1(_ database: Database) throws {
        try Migrations(steps: [Migrations.all.steps[0]]).run(on: database)
        try database.execute(
            """
            INSERT INTO businesses VALUES (1, 'An', 'Asia/Ho_Chi_Minh', 'vi', 0, 5, 3, 1, x'')
            """
        )
        try database.execute("INSERT INTO pages VALUES (2, 1, 1, 'page', 'Page', 0, 2, x'')")
        for number in 0..<3 {
            try self.insert(self.customer(number), seq: Int64(number) + 3, database)
        }
    }

    private static func customer(_ number: Int) -> Customer {
        let createdAt = Instant(milliseconds: self.epoch.milliseconds + Int64(number))
        var customer = Customer(
            id: CustomerID(rawValue: Int64(number) + 10),
            businessID: self.business,
            pageID: self.page,
            channel: .facebook,
            externalUserID: "u\(number)",
            createdAt: createdAt,
            firstRecordedAt: createdAt
        )
        guard number < 2 else { return customer }

        customer.firstInboundAt = createdAt
        customer.lastInboundAt = createdAt
        customer.names = [
            NameObservation(
                source: .profile,
                name: CustomerName(text: "Nguyễn \(number)", folded: "nguyen \(number)"),
                observedAt: createdAt
            )
        ]
        if number == 1 {
            customer.contacts = ContactBook(
                phones: [
                    ContactPoint(
                        key: ContactPoint.Key(kind: .phone, value: "+84912345678"),
                        firstSeenAt: createdAt,
                        lastSeenAt: createdAt,
                        position: 0
                    )
                ],
                emails: []
            )
        }
        return customer
    }

    private static func insert(_ customer: Customer, seq: Int64, _ database: Database) throws {
        let insert = try Statement(
            database,
            """
            INSERT INTO customers
                (id, business_id, page_id, channel, created_at, first_recorded_at,
                 first_inbound_at, last_inbound_at, name_folded, name_status, has_phone, seq,
                 record, facts)
            VALUES (?1, 1, 2, 1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """
        )
        let codec = RecordCodec.proto
        insert.bind(1, customer.id.rawValue)
        insert.bind(2, customer.createdAt)
        insert.bind(3, customer.firstInboundAt)
        insert.bind(4, customer.lastInboundAt)
        insert.bind(6, Int64(customer.nameStatus.rawValue))
        insert.bind(7, customer.contacts.phones.isEmpty ? 0 : 1)
        insert.bind(8, seq)
        try (customer.name?.name.folded ?? "").lend { (folded) throws(StoreError) in
            insert.bind(5, text: folded)
            try codec.encodeCustomer(customer).lend { (record) throws(StoreError) in
                insert.bind(9, blob: record)
                try codec.encodeFacts(customer).lend { (facts) throws(StoreError) in
                    insert.bind(10, blob: facts)
                    try insert.run()
                }
            }
        }
    }
}
