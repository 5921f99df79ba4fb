internal import Foundation
internal import Testing

/// What people and gateways change, by the command line against a real server.
@Suite("Changes by people and gateways", .timeLimit(.minutes(15)))
struct ChangesTests {
    @Test("N7, S12: inside a block inbound is ignored and outbound applied, after it both count")
    func block() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        #expect(try shop.message("u1", "chào shop") == "CREATED_CUSTOMER")
        let id = try shop.id("u1")
        let done = try shop.lines(["customers", "block", id, "--reason", "spam"])
        #expect(done.map { $0["result"] as? String } == ["DONE"])
        #expect(try shop.message("u1", "sđt 0912345678", key: "inside") == "IGNORED_BLOCKED")
        #expect(try shop.message("u1", "chào em", direction: "OUTBOUND") == "APPLIED")
        #expect(try shop.phones("u1").isEmpty)

        let table = try shop.khach(["customers", "get", id]).output
        #expect(table.contains(/blocked +yes, since .* by lan\nblock reason +spam\n/), "\(table)")

        // B3: blocking again changes nothing, not even the time.
        let before = try shop.customer("u1")["block"] as? [String: Any]
        let again = try shop.lines(["customers", "block", id, "--reason", "other"])
        #expect(again.map { $0["result"] as? String } == ["NO_CHANGE"])
        let after = try shop.customer("u1")["block"] as? [String: Any]
        #expect(before?["since"] as? String == after?["since"] as? String)
        #expect(after?["reason"] as? String == "spam")

        let list = try shop.khach(["customers", "list", "--output", "jsonl"]).output
        try shop.lines(["customers", "unblock", "--from", "-"], input: list)
        #expect(try shop.message("u1", "sđt 0912345678", key: "inside") == "DUPLICATE")
        #expect(try shop.phones("u1").isEmpty)
        #expect(try shop.message("u1", "sđt 0987654321") == "APPLIED")
        #expect(try shop.phones("u1") == ["+84987654321"])
    }

    @Test("B7: each customer of a batch has an outcome, and the status says what failed")
    func batch() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "chào shop")
        let id = try shop.id("u1")
        let missing = "c0000000000099"
        let mixed = try shop.lines(["customers", "block", id, missing, "x"], status: 3)
        let reasons = mixed.map { ($0["error"] as? [String: Any])?["reason"] as? String }
        #expect(reasons == [nil, "NOT_FOUND", "INVALID_FIELD"])
        try shop.lines(["customers", "block", missing], status: 4)
        try shop.lines(["customers", "block", "x"], status: 1)
    }

    @Test("S11, B1, B2: a role forbids a block, and a role that comes later ends one")
    func roles() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "chào shop")
        _ = try shop.message("u2", "chào shop")
        let (one, two) = (try shop.id("u1"), try shop.id("u2"))
        try shop.lines(["page", "roles", "set", shop.page, "u1=ADMIN,EDITOR"])
        let refused = try shop.lines(["customers", "block", one, two], status: 3)
        #expect(refused.map { $0["result"] as? String } == ["FAILED", "DONE"])
        let error = refused.first?["error"] as? [String: Any]
        #expect(error?["reason"] as? String == "ROLE_ON_PAGE")

        let accounts = try shop.khach(["page", "roles", "list", shop.page, "--output", "jsonl"])
        #expect(accounts.lines.count == 1)
        let set = try shop.lines(
            ["page", "roles", "set", shop.page, "-"],
            input: accounts.output + "u2=MODERATOR\n"
        )
        #expect(set.first?["unblockedCustomerIds"] as? [String] == [two])
        let block = try shop.customer("u2")["block"] as? [String: Any]
        #expect(block?["state"] as? String == "NONE")
        let last = try shop.audit(["action", "entityId", "reason"]).first
        #expect(last == ["customer.unblock", two, "ROLE_GRANTED"])

        // Losing the role does not block again.
        try shop.lines(["page", "roles", "set", shop.page, "--none"])
        #expect((try shop.customer("u2")["block"] as? [String: Any])?["state"] as? String == "NONE")
        #expect(try shop.lines(["customers", "block", one]).first?["result"] as? String == "DONE")
    }

    @Test("B6: where a gateway carries out blocks, it settles what is pending")
    func gateway() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "chào shop")
        let id = try shop.id("u1")
        try shop.lines(["page", "update", shop.page, "--block-mode", "gateway"])
        func outcome(_ arguments: [String], input: String = "") throws -> [String?] {
            let line = try shop.lines(["customers"] + arguments, input: input).first
            return [line?["result"] as? String, line?["state"] as? String]
        }
        #expect(try outcome(["block", id]) == ["PENDING", "PENDING_BLOCK"])
        let pending = try shop.khach(
            ["customers", "pending", "--page", shop.page, "--output", "jsonl"]
        )
        #expect(try pending.objects().map { $0["id"] as? String } == [id])
        #expect(
            try outcome(["settle", "--from", "-", "--confirm"], input: pending.output)
                == ["DONE", "BLOCKED"]
        )
        #expect(try shop.message("u1", "x") == "IGNORED_BLOCKED")
        #expect(try outcome(["unblock", id]) == ["PENDING", "PENDING_UNBLOCK"])
        let verdict = "{\"customerId\":\"\(id)\",\"error\":\"not now\"}"
        #expect(try outcome(["settle", "--from", "-"], input: verdict) == ["DONE", "BLOCKED"])
        #expect(try shop.khach(["customers", "get", id]).output.contains("not now"))
        let none = try shop.lines(["customers", "settle", id, "--confirm"], status: 1)
        let error = none.first?["error"] as? [String: Any]
        #expect(error?["reason"] as? String == "NOT_PENDING")
    }

    @Test("S8: of two saves of one address the second is told both values, and loses nothing")
    func address() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "chào shop")
        let id = try shop.id("u1")
        try shop.lines(["customers", "address", id, "12 Lý Thường Kiệt"])
        let save = ["customers", "address", id, "5 Hàng Bài", "--revision", "0", "--actor", "hoa"]
        let conflict = try shop.lines(save, status: 6).first
        let stored = conflict?["stored"] as? [String: Any]
        #expect(stored?["text"] as? String == "12 Lý Thường Kiệt")
        #expect(stored?["updatedBy"] as? String == "lan")
        #expect(conflict?["given"] as? String == "5 Hàng Bài")
        let shown = try shop.khach(save)
        #expect(shown.output.contains("12 Lý Thường Kiệt") && shown.output.contains("5 Hàng Bài"))
        #expect(shown.errors.contains("--revision 1 saves over it"))

        let request = #"{"id":"\#(id)","updateMask":"address","mutation":{"actor":"x"}}"#
        let called = try shop.khach(["call", "CustomerService/UpdateCustomer", request])
        #expect(called.status == 6)
        #expect(called.errors.contains("stored \"12 Lý Thường Kiệt\" by lan"))

        // Without a revision the present one is read; the same name of a request is done once.
        try shop.lines(["customers", "address", id, "5 Hàng Bài"])
        let named = ["customers", "address", id, "--clear", "--revision", "2", "--request-id", "r"]
        try shop.lines(named)
        try shop.lines(named)
        let entry = try shop.lines(["customers", "address", id]).first
        #expect(entry?["text"] == nil)
        #expect(entry?["editRevision"] as? String == "3")
        try shop.lines(["customers", "name", id, "Chị Lan"])
        #expect(try shop.customer("u1")["name"] as? String == "Chị Lan")
    }

    @Test("P12: a rejected phone comes back by hand only, and is explained to the byte")
    func contacts() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "sđt 0912.345.678 ạ", key: "one")
        let id = try shop.id("u1")
        let explained = try shop.khach(["contacts", "explain", id, "0912345678"])
        #expect(
            explained.output.contains("  sđt 0912.345.678 ạ\n      ^^^^^^^^^^^^\n"),
            "\(explained.output)"
        )
        #expect(explained.output.contains(/one +20.* rule P4\.national +detector 1/))
        try shop.lines(["contacts", "reject", id, "0912345678"])
        _ = try shop.message("u1", "zalo 0912345678", key: "two")
        #expect(try shop.phones("u1").isEmpty)
        try shop.lines(["contacts", "add", id, "0912 345 678"])
        #expect(try shop.phones("u1") == ["+84912345678"])

        _ = try shop.message("u1", "số mới 0987654321")
        #expect(try shop.phones("u1").first == "+84987654321")
        try shop.lines(["contacts", "pin", id, "0912345678"])
        #expect(try shop.phones("u1").first == "+84912345678")
        let table = try shop.khach(["customers", "get", id]).output
        #expect(table.contains("+84912345678 (pinned, by hand), +84987654321"), "\(table)")
        try shop.lines(["contacts", "unpin", id, "0912345678"])
        let response = try shop.lines(["contacts", "explain", id, "0912345678"]).first
        let keys = (response?["observations"] as? [[String: Any]])?.map {
            $0["eventKey"] as? String
        }
        #expect(keys == ["two", "one"])
        try shop.lines(["contacts", "reject", id, "0933333333"], status: 4)
        try shop.lines(["contacts", "add", id, "12345"], status: 1)
    }

    @Test("N8: a page's own phone is nobody's, and detecting again shows it before it is accepted")
    func ownPhones() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "số shop là 0912345678 đúng không, em là 0987654321")
        let redetect = ["contacts", "redetect"]
        #expect(try shop.lines(redetect).isEmpty)
        try shop.lines(["page", "update", shop.page, "--own-phone", "0912 345 678"])
        _ = try shop.message("u2", "gọi 0912345678 không được")
        #expect(try shop.phones("u2").isEmpty)

        let lost = try shop.lines(redetect)
        #expect(lost.map { $0["change"] as? String } == ["LOST"])
        let people = try shop.khach(redetect).output
        #expect(people.contains("là [0912345678] đúng"), "\(people)")
        #expect(people.contains("--accept takes them"))
        #expect(try shop.phones("u1").count == 2)
        #expect(try shop.lines(redetect + ["--accept"]).count == 1)
        #expect(try shop.phones("u1") == ["+84987654321"])
        #expect(try shop.lines(redetect).isEmpty)
    }

    @Test("I5: linked, two customers are one, and the id of the other answers")
    func link() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "sđt 0912345678")
        _ = try shop.message("u2", "sđt 0987654321")
        let (one, two) = (try shop.id("u1"), try shop.id("u2"))
        let linked = try shop.lines(["customers", "link", two, one]).first
        #expect(linked?["redirectedId"] as? String == two)
        let answer = try shop.lines(["customers", "get", two]).first?["customer"] as? [String: Any]
        #expect(answer?["id"] as? String == one)
        #expect(Set(try shop.phones("u1")) == ["+84912345678", "+84987654321"])
        try shop.lines(["customers", "link", one, "--identity", "ASID:77"])
        let table = try shop.khach(["customers", "get", two]).output
        #expect(table.contains(/further ids +:u2, ASID:77\n/), "\(table)")
        #expect(try shop.message("u2", "chào") == "APPLIED")
        #expect(try shop.lines(["customers", "list"]).count == 1)
    }

    @Test("I6: an erased customer is gone, the same event does not bring it back, another is new")
    func erase() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "sđt 0912345678", key: "one")
        let id = try shop.id("u1")
        try shop.lines(["customers", "address", id, "12 Lý Thường Kiệt"])
        try shop.lines(["customers", "erase", id], status: 64)
        try shop.lines(["customers", "get", id])
        try shop.lines(["customers", "erase", id, "--yes"])
        try shop.lines(["customers", "get", id], status: 4)
        try shop.lines(["customers", "address", id, "x"], status: 4)
        #expect(try shop.message("u1", "sđt 0912345678", key: "one") == "DUPLICATE")
        #expect(try shop.lines(["customers", "list"]).isEmpty)
        #expect(try shop.lines(["audit", "--customer", id]).allSatisfy { $0["after"] == nil })
        #expect(try shop.message("u1", "chào shop") == "CREATED_CUSTOMER")
        #expect(try shop.id("u1") != id)
        #expect(try shop.phones("u1").isEmpty)
    }

    @Test("the audit lists every change, who made it and why, the latest first")
    func audit() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        _ = try shop.message("u1", "sđt 0912345678")
        let id = try shop.id("u1")
        try shop.lines(["business", "update", shop.business, "--name", "Nhà Mưa"])
        try shop.lines(["page", "update", shop.page, "--own-email", "shop@example.vn"])
        try shop.lines(["page", "roles", "set", shop.page, "u9=ADMIN"])
        try shop.lines(["customers", "address", id, "Huế", "--actor", "hoa"])
        try shop.lines(["customers", "name", id, "Chị Lan"])
        try shop.lines(["contacts", "reject", id, "0912345678"])
        try shop.lines(["customers", "block", id, "--reason", "spam", "--request-id", "r7"])
        #expect(
            try shop.audit(["action", "entityId", "actor", "reason", "requestId"]) == [
                ["customer.block", id, "lan", "spam", "r7"],
                ["customer.contact.reject", id, "lan", "", ""],
                ["customer.manual_name.save", id, "lan", "", ""],
                ["customer.address.save", id, "hoa", "", ""],
                ["page.roles.set", shop.page, "lan", "", ""],
                ["page.update", shop.page, "lan", "", ""],
                ["business.update", shop.business, "lan", "", ""],
                ["page.create", shop.page, "lan", "", ""],
                ["business.create", shop.business, "lan", "", ""],
            ]
        )
        let ofCustomer = try shop.lines(["audit", "--customer", id, "--limit", "3"])
        #expect(ofCustomer.count == 3)
        #expect(ofCustomer.allSatisfy { $0["entityId"] as? String == id })
        let table = try shop.khach(["audit", "--limit", "1"]).output
        #expect(table.contains("1 entry; times in Asia/Ho_Chi_Minh; there are more (--all)"))
    }

    @Test("every channel says what blocking means on it")
    func capabilities() throws {
        let shop = try Storefront()
        defer { shop.stop() }
        let all = try shop.lines(["page", "capabilities"])
        #expect(all.count == 8)
        let instagram = all.first { $0["channel"] as? String == "INSTAGRAM" }
        #expect(instagram?["needsConversation"] as? Bool == true)
        #expect(instagram?["outboundWhileBlocked"] == nil)
    }
}
