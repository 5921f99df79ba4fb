internal import KhachCore
internal import KhachDetection
internal import Synchronization

/// How long a text's phones and e-mails take to be found, beside a bare loop over the same bytes.
///
/// Prints a JSON line for each kind of text. Labelled texts come by standard input, as in
/// `Tests/Vectors`.
@main
struct ContactBench {
    private static let rounds = 7
    private static let textBytes = 16 << 10

    static func main() {
        guard PhoneLibrary.load() else {
            preconditionFailure("the metadata of libphonenumber expected, none found")
        }

        var labelled: [String] = []
        while let line = readLine() {
            // By bytes: a tab and a mark behind it are one character.
            let cells = line.utf8.split(separator: 9, omittingEmptySubsequences: false)
            guard cells.count == 3, !cells[1].isEmpty || !cells[2].isEmpty else { continue }

            labelled.append(String(Substring(cells[0])))
        }
        let digits = String(repeating: "0123456789", count: Self.textBytes / 10)
        let numbers = (0..<Self.textBytes / 11).map { "09\(12_345_678 + $0)" }
        for kind in [
            Kind(name: "neither digits nor @", texts: chatter),
            Kind(name: "with a phone or an e-mail", texts: labelled),
            Kind(name: "16 kB of digits without a gap", texts: [digits]),
            Kind(
                name: "16 kB of numbers that all differ",
                texts: [numbers.joined(separator: " ")]
            ),
        ] {
            print(kind.measured(rounds: Self.rounds))
        }
    }
}

/// Texts of one kind.
private struct Kind {
    var name: String
    var texts: [String]

    /// The line of a kind: medians of rounds in which detection and the bare loop take turns.
    func measured(rounds: Int) -> String {
        let asked = self.validations
        let once = self.seconds(repeating: 1, Self.detect)
        // A tenth of a second is long beside the clock and the machine's other work.
        let count = max(1, Int(0.1 / max(once, 1e-6)))
        var (ours, bare, ratios): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<rounds {
            ours.append(self.seconds(repeating: count, Self.detect))
            bare.append(self.seconds(repeating: count, Self.look))
            ratios.append(ours[ours.count - 1] / bare[bare.count - 1])
        }
        func microseconds(_ seconds: [Double]) -> Double {
            seconds.sorted()[rounds / 2] * 1e6 / Double(count * self.texts.count)
        }
        let bytes = self.texts.reduce(0) { $0 + $1.utf8.count }
        return """
            {"name":"\(self.name)","texts":\(self.texts.count),\
            "bytes":\(bytes / max(1, self.texts.count)),"us":\(microseconds(ours)),\
            "bare_us":\(microseconds(bare)),"ratio":\(ratios.sorted()[rounds / 2]),\
            "validations":\(asked)}
            """
    }

    /// The numbers that reach libphonenumber.
    private var validations: Int {
        let asked = Mutex(0)
        let detector = ContactDetector { number in
            asked.withLock { $0 += 1 }
            return PhoneLibrary.isValid(number)
        }
        for text in self.texts { _ = detector.findings(in: text) }
        return asked.withLock { $0 }
    }

    private func seconds(repeating count: Int, _ work: (String) -> Int) -> Double {
        var sum = 0
        let duration = ContinuousClock().measure {
            for _ in 0..<count {
                for text in self.texts { sum &+= work(text) }
            }
        }
        // What nobody looks at may be left out by the compiler.
        precondition(sum >= 0, "a sum of counts expected, found less than none")
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    @inline(never)
    private static func detect(_ text: String) -> Int {
        ContactDetector.standard.findings(in: text).count
    }

    /// The least that looks at every byte.
    @inline(never)
    private static func look(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var signs = 0
            for byte in bytes where byte &- 0x30 < 10 || byte == 0x40 { signs += 1 }
            return signs
        }
    }
}

/// What most texts are (domain.md §5.5).
private let chatter = [
    "còn hàng k sốp", "giá nhiêu ạ", "ship Hà Nội bao lâu vậy shop", "ib", ".", "😍", "c ơi", "up",
    "chấm", "Shop ơi cho mình hỏi mẫu này còn màu đen không ạ, mình cao nên sợ ngắn",
    "dạ vâng em cảm ơn chị nhiều nha", "ok shop", "mình ở Đà Nẵng thì phí ship thế nào ạ",
    "đẹp quá ❤️❤️❤️", "ko biết có hợp với da mình hok nữa", "để e hỏi chồng đã nhaaa",
]
