/// Which texts are names, and which name is shown (domain.md §4.5).
///
/// Knows no Unicode: texts arrive clean and folded, as `CustomerName` promises.
package enum NameRules {
    /// What channels send when they know no name, folded and without spaces (M4).
    private static let placeholders: Set<String> = [
        "facebookuser", "instagramuser", "zalouser", "shopeeuser", "lazadauser", "tiktokuser",
        "nguoidungfacebook", "nguoidunginstagram", "nguoidungzalo", "nguoidungtiktok",
        "nguoidungshopee", "lazadacustomer",
    ]
    private static let placeholderBytesMax = 64
    /// This many asterisks make a name a masked one.
    private static let asterisksMin = 2

    /// What a hint says about a name, or `nil` when it says nothing (M1, M4).
    ///
    /// A masked text is an observation of the masked source, whoever sent it. What an agent typed
    /// is taken as it is.
    package static func observation(
        _ hint: Interaction.NameHint,
        at observedAt: Instant
    ) -> NameObservation? {
        guard !hint.name.text.isEmpty else { return nil }
        guard hint.source != .manual else {
            return NameObservation(source: .manual, name: hint.name, observedAt: observedAt)
        }
        guard !self.isPlaceholder(hint.name) else { return nil }

        return NameObservation(
            source: self.isMasked(hint.name.text) ? .masked : hint.source,
            name: hint.name,
            observedAt: observedAt
        )
    }

    /// Whether a channel sends this text when it knows no name.
    package static func isPlaceholder(_ name: CustomerName) -> Bool {
        let folded = name.folded.utf8
        guard folded.count <= self.placeholderBytesMax else { return false }

        return self.placeholders.contains(
            String(decoding: folded.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        )
    }

    /// Whether a channel has hidden a part of the name: `N***n`.
    package static func isMasked(_ text: String) -> Bool {
        var asterisks = 0
        for byte in text.utf8 where byte == UInt8(ascii: "*") {
            asterisks += 1
        }
        return asterisks >= self.asterisksMin
    }

    /// Joins an observation into a list that is sorted best first; keeps the best ones.
    ///
    /// A join: any order and any repetition of the same observations give the same list. What is
    /// cut off never comes back, since those before it only ever get better.
    package static func join(
        _ observation: NameObservation,
        into names: inout [NameObservation]
    ) {
        let known = names.firstIndex {
            $0.source == observation.source
                && $0.name.text.utf8.elementsEqual(observation.name.text.utf8)
        }
        if let known {
            guard names[known].observedAt < observation.observedAt else { return }

            names.remove(at: known)
        }
        let place = names.firstIndex { self.isBetter(observation, than: $0) } ?? names.count
        names.insert(observation, at: place)
        if names.count > Limits.nameObservationsMax {
            names.removeLast(names.count - Limits.nameObservationsMax)
        }
    }

    /// The order of M1: rank, then latest, then greatest bytes.
    private static func isBetter(_ left: NameObservation, than right: NameObservation) -> Bool {
        if left.source != right.source {
            return left.source.rawValue > right.source.rawValue
        }
        if left.observedAt != right.observedAt { return left.observedAt > right.observedAt }
        return right.name.text.utf8.lexicographicallyPrecedes(left.name.text.utf8)
    }
}
