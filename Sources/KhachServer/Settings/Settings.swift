internal import KhachService
internal import KhachTLS
internal import Logging
internal import TTRPCNIO

/// Every setting of the server, once.
enum Settings {
    static let all: [any SettingDeclaration] = [
        data, listen, grpcListen, metricsListen, loops, drain, logLevel, logFormat, logSlow,
        traces, tracesOneIn, keepTexts, keepTombstones, diskReserve, connections,
        connectionsPerAddress, tokenRate, businessRate, unixMode, tlsCertificate, tlsKey,
        tlsClientCA, tlsMin, allowPlaintext,
    ]

    static let data = Setting<String>(
        name: "data",
        form: .text,
        expected: "a folder",
        standard: nil,
        help: "the folder of the store; made if it is not there",
        read: { $0.text.flatMap { $0.isEmpty ? nil : $0 } }
    )
    static let listen = Setting<[Address]>(
        name: "listen",
        form: .list,
        expected: "`unix:/PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`",
        standard: .list([Configuration.listenDefault]),
        help: "where calls are taken; port 0 takes a free one; may be repeated",
        read: { written in
            let addresses = (written.texts ?? []).map { try? Address($0) }
            return addresses.isEmpty || addresses.contains(nil) ? nil : addresses.compactMap { $0 }
        }
    )
    static let grpcListen = Setting<Address?>(
        name: "grpc-listen",
        form: .text,
        expected: "`off`, `tcp:HOST:PORT` or `tls:HOST:PORT`",
        standard: .text("off"),
        help: "where the same calls are taken over gRPC; port 0 takes a free one",
        read: { $0.address(isShieldable: true) }
    )
    static let metricsListen = Setting<Address?>(
        name: "metrics-listen",
        form: .text,
        expected: "`off` or `tcp:HOST:PORT`",
        standard: .text("off"),
        help:
            "where `/metrics`, `/healthz` and `/readyz` are served by HTTP; port 0 takes a free "
            + "one",
        read: { $0.address(isShieldable: false) }
    )
    static let diskReserve = Setting<ByteCount>(
        name: "disk-reserve",
        form: .text,
        expected: "`0` to `1024GiB` (`KiB`, `MiB`, `GiB`)",
        standard: .text("64MiB"),
        help: "room on the disk below which writes are refused and reads go on; 0 keeps none",
        read: { written in
            guard let count = written.text.flatMap(ByteCount.init(argument:)),
                (0...1_024 << 30).contains(count.bytes)
            else { return nil }

            return count
        }
    )
    static let loops = Setting<Int>(
        name: "loops",
        form: .integer,
        expected: "1 to 64",
        standard: .integer(1),
        help: "threads that serve connections",
        read: { $0.integer(in: 1...64) }
    )
    static let drain = Setting<Int>(
        name: "drain",
        form: .integer,
        expected: "0 to 600 seconds",
        standard: .integer(25),
        help: "how long running calls may take to end after SIGTERM",
        read: { $0.integer(in: 0...600) }
    )
    static let logLevel = Setting<Logger.Level>(
        name: "log-level",
        form: .text,
        expected: Logger.Level.allCases.map { "`\($0)`" }.joined(separator: ", "),
        standard: .text("info"),
        help: "what is logged: this and what is graver",
        read: { $0.text.flatMap(Logger.Level.init(rawValue:)) }
    )
    static let logFormat = Setting<LogFormat>(
        name: "log-format",
        form: .text,
        expected: LogFormat.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "),
        standard: .text(LogFormat.logfmt.rawValue),
        help: "how a line of the log is written",
        read: { $0.text.flatMap(LogFormat.init(rawValue:)) }
    )
    static let logSlow = Setting<Int>(
        name: "log-slow",
        form: .integer,
        expected: "0 to 3600000 ms",
        standard: .integer(1_000),
        help: "a call with one answer that takes as long is a line of the log; 0: none is",
        read: { $0.integer(in: 0...3_600_000) }
    )
    static let traces = Setting<TraceTarget>(
        name: "traces",
        form: .text,
        expected: TraceTarget.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "),
        standard: .text(TraceTarget.off.rawValue),
        help: "where spans of calls are written whose callers want them recorded",
        read: { $0.text.flatMap(TraceTarget.init(rawValue:)) }
    )
    static let tracesOneIn = Setting<Int>(
        name: "traces-one-in",
        form: .integer,
        expected: "0 to 1000000",
        standard: .integer(0),
        help: "with `traces`, spans of one of so many calls that bring no `traceparent`; 0: of "
            + "none",
        read: { $0.integer(in: 0...1_000_000) }
    )
    static let keepTexts = Setting<Int>(
        name: "keep-texts",
        form: .integer,
        expected: "0 to \(TextRetention.daysMax) days",
        standard: .integer(0),
        help: "texts of interactions are dropped so many days after they were received; phones "
            + "and e-mails found in them stay; 0 keeps them for good",
        read: { $0.integer(in: 0...TextRetention.daysMax) }
    )
    static let keepTombstones = Setting<KeepingTime>(
        name: "keep-tombstones",
        form: .text,
        expected: "`1s` to `\(KeepingTime(seconds: TombstoneRetention.secondsMax))` "
            + "(`d`, `h`, `m`, `s`)",
        standard: .text("\(KeepingTime(seconds: TombstoneRetention.secondsDefault))"),
        help: "how long a deletion is told to caches one by one; a cache that was away for longer "
            + "finds deletions by comparing itself",
        read: { written in
            guard let time = written.text.flatMap(KeepingTime.init(argument:)),
                (1...TombstoneRetention.secondsMax).contains(time.seconds)
            else { return nil }

            return time
        }
    )
    static let connections = Setting<Int>(
        name: "connections",
        form: .integer,
        expected: "1 to 100000",
        standard: .integer(Server.Configuration.connectionsMaxDefault),
        help: "connections of one address of `listen` or `grpc-listen`; one more is closed",
        read: { $0.integer(in: 1...100_000) }
    )
    static let connectionsPerAddress = Setting<Int>(
        name: "connections-per-address",
        form: .integer,
        expected: "1 to 100000",
        standard: .integer(Server.Configuration.connectionsPerAddressMaxDefault),
        help: "connections from one IP address; more are needed where many callers share one",
        read: { $0.integer(in: 1...100_000) }
    )
    static let tokenRate = Setting<Int>(
        name: "token-rate",
        form: .integer,
        expected: "0 to 1000000",
        standard: .integer(1_000),
        help: "calls in a second of one token, and twice as many at once after a pause, 250 at "
            + "most; 0: as many as it likes",
        read: { $0.integer(in: 0...1_000_000) }
    )
    static let businessRate = Setting<Int>(
        name: "business-rate",
        form: .integer,
        expected: "0 to 1000000",
        standard: .integer(5_000),
        help: "calls in a second of all tokens of one business, and twice as many at once after a "
            + "pause, 250 at most; 0: as many as they like",
        read: { $0.integer(in: 0...1_000_000) }
    )
    static let unixMode = Setting<UInt32>(
        name: "unix-mode",
        form: .text,
        expected: "`0600`, `0660`, `0666`",
        standard: .text("0600"),
        help: "who may connect to a Unix socket: its owner, its group, every user of the machine; "
            + "but for `0600` the store must have tokens",
        read: { written in
            let modes: [String: UInt32] = ["0600": 0o600, "0660": 0o660, "0666": 0o666]
            return written.text.flatMap { modes[$0] }
        }
    )
    static let tlsCertificate = Self.file(
        "tls-certificate",
        help: "the certificate of the `tls` addresses with its chain, in PEM"
    )
    static let tlsKey = Self.file("tls-key", help: "the key of `tls-certificate`, in PEM")
    static let tlsClientCA = Self.file(
        "tls-client-ca",
        help: "authorities in PEM: a client of a `tls` address needs a certificate of theirs"
    )
    static let tlsMin = Setting<ServerTLS.Version>(
        name: "tls-min",
        form: .text,
        expected: ServerTLS.Version.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "),
        standard: .text(ServerTLS.Version.v13.rawValue),
        help: "the oldest TLS that is spoken",
        read: { $0.text.flatMap(ServerTLS.Version.init(rawValue:)) }
    )
    static let allowPlaintext = Setting<Bool>(
        name: "allow-plaintext",
        form: .flag,
        expected: "`true` or `false`",
        standard: .flag(false),
        help: "listen on addresses that other machines can reach, although nothing is encrypted; "
            + "the store must have tokens",
        read: { if case .flag(let isOn) = $0 { isOn } else { nil } }
    )

    /// A file that there may be.
    private static func file(_ name: String, help: String) -> Setting<String?> {
        Setting(
            name: name,
            form: .text,
            expected: "`none` or a file",
            standard: .text("none"),
            help: help,
            read: { written in
                guard let text = written.text, !text.isEmpty else { return nil }

                return .some(text == "none" ? nil : text)
            }
        )
    }

    /// The declared name that somebody may have meant.
    static func likely(_ name: String) -> String? {
        let near = self.all.map { (name: $0.name, distance: Self.distance($0.name, name)) }
            .min { $0.distance < $1.distance }
        return near.flatMap { $0.distance <= max(2, name.count / 3) ? $0.name : nil }
    }

    /// The sentence about a name that is none.
    static func unknown(_ name: String, among written: (String) -> String) -> String {
        let hint = Self.likely(name).map { "; did you mean \(written($0))?" } ?? ""
        return "\(written(name)): the name of a setting expected, found another\(hint)"
    }

    /// How many letters must be changed, put in or left out.
    private static func distance(_ one: String, _ other: String) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var before = row[0]
            row[0] = index + 1
            for (column, otherLetter) in other.enumerated() {
                let change = before + (letter == otherLetter ? 0 : 1)
                before = row[column + 1]
                row[column + 1] = min(change, before + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}

extension WrittenSetting {
    fileprivate var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// `nil` inside for `off`.
    fileprivate func address(isShieldable: Bool) -> Address?? {
        guard let text = self.text else { return nil }
        if text == "off" { return .some(nil) }

        switch try? Address(text) {
        case .tcp(let host, let port): return .some(.tcp(host: host, port: port))
        case .tls(let host, let port) where isShieldable: return .some(.tls(host: host, port: port))
        case .tls, .unix, nil: return nil
        }
    }

    fileprivate var texts: [String]? {
        if case .list(let texts) = self { texts } else { nil }
    }

    fileprivate func integer(in range: ClosedRange<Int>) -> Int? {
        guard case .integer(let number) = self, range.contains(number) else { return nil }

        return number
    }
}

/// Where spans of calls are written.
package enum TraceTarget: String, CaseIterable, Sendable {
    case off
    case log
}

/// How a line of the log is written.
package enum LogFormat: String, CaseIterable, Sendable {
    case logfmt
    case json
}
