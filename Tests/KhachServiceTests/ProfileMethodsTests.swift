internal import CKhachText
internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Profile methods")
struct ProfileMethodsTests {
    private static let record = "khach.v1.InteractionService/RecordProfiles"

    private static func profile(
        _ change: (inout Khach_V1_ProfileObservation) -> Void
    ) -> Khach_V1_ProfileObservation {
        .with {
            $0.channel = .facebook
            $0.externalPageID = "p1"
            $0.externalUserID = "u1"
            $0.observedAt.seconds = 1_780_000_100
            change(&$0)
        }
    }

    private func outcomes(
        _ harness: ServiceHarness,
        _ profiles: [Khach_V1_ProfileObservation]
    ) async throws -> [Khach_V1_ProfileOutcome] {
        let reply: Khach_V1_RecordProfilesResponse = try await harness.call(
            Self.record,
            Khach_V1_RecordProfilesRequest.with { $0.profiles = profiles }
        )
        return reply.outcomes
    }

    @Test("S24, S25 a placeholder is a state; a real name that comes late replaces it, and stays")
    func lateName() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.record([.sample("a") { $0.nameHint = "Facebook User" }])[0]
            .customerID
        #expect(try await harness.get(id).nameStatus == .placeholder)
        #expect(try await harness.get(id).name.isEmpty)
        let named = try await self.outcomes(harness, [Self.profile { $0.name = "Đặng Thị Đào" }])
        #expect(named.map(\.result) == [.applied])
        #expect(try await harness.get(id).name == "Đặng Thị Đào")
        #expect(try await harness.get(id).nameStatus == .real)
        _ = try await self.outcomes(
            harness,
            [
                Self.profile {
                    $0.name = "Facebook User"
                    $0.observedAt.seconds += 100
                }
            ]
        )
        #expect(try await harness.get(id).name == "Đặng Thị Đào")
    }

    @Test("N4 a profile makes no customer; each has an outcome of its own")
    func noCustomer() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let outcomes = try await self.outcomes(
            harness,
            [
                Self.profile { $0.name = "An" }, Self.profile { $0.externalPageID = "none" },
                Self.profile { $0.externalUserID = "" }, Self.profile { $0.clearObservedAt() },
            ]
        )
        #expect(outcomes.map(\.result) == [.unknownCustomer, .rejected, .rejected, .rejected])
        #expect(
            outcomes.map(\.error.field)
                == ["", "external_page_id", "external_user_id", "observed_at"]
        )
    }

    @Test("a form gives a phone that no text holds; a rejected one does not come back (P12)")
    func phone() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let form = Self.profile {
            $0.name = "Đào"
            $0.nameSource = .sharedForm
            $0.phone = "84912345678"
        }
        _ = try await self.outcomes(harness, [form])
        #expect(try await harness.get(id).phones.map(\.value) == ["+84912345678"])
        _ = try await harness.reject("0912345678", of: id)
        _ = try await self.outcomes(harness, [form])
        #expect(try await harness.get(id).phones.map(\.rejected) == [true])
    }

    @Test("M3 the server shows for a nameless person what C shows in files and caches")
    func placeholders() {
        for channel in Channel.allCases {
            let shown = String(cString: khach_text_placeholder(Int64(channel.rawValue)))
            #expect(shown == channel.placeholderName)
        }
        for number: Int64 in [0, -1, 9, 77, .max, .min] {
            #expect(String(cString: khach_text_placeholder(number)) == "User")
        }
    }
}
