internal import CKhachText
internal import Foundation
internal import Testing

@Suite("Text rules")
struct TextRulesTests {
    private static func fold(_ text: String) -> String? {
        var out: UnsafeMutablePointer<CChar>?
        var bytes = 0
        guard khach_text_fold(&out, &bytes, text, text.utf8.count) == 0, let out else { return nil }

        defer { khach_text_free(out) }
        return String(cString: out)
    }

    @Test("names fold as the vectors say")
    func folding() throws {
        let rows = try Vectors.table("text/fold.tsv").filter { $0[0] == "fold" }
        #expect(rows.count > 15)
        for row in rows {
            #expect(Self.fold(row[1]) == row[2])
        }
    }

    @Test("queries find names as the vectors say")
    func matching() throws {
        for row in try Vectors.table("text/fold.tsv") where row[0] == "match" {
            let query = try #require(Self.fold(row[1]))
            let name = try #require(Self.fold(row[2]))
            let rank = khach_text_name_rank(query, query.utf8.count, name, name.utf8.count)
            #expect(Int(rank) == Int(row[3]), "\(row[1]) in \(row[2])")
        }
    }

    @Test("instants fall on the local days of the vectors")
    func days() throws {
        for row in try Vectors.table("text/days.tsv") {
            var zone: OpaquePointer?
            try #require(khach_zone_open(&zone, row[0]) == 0)
            defer { khach_zone_free(zone) }

            var day: Int32 = 0
            try #require(khach_day_parse(&day, row[2]) == 0)
            #expect(khach_zone_day(zone, try #require(Int64(row[1]))) == day, "\(row)")
        }
    }
}
