// Serves the service of the golden vectors, for stock clients and load generators.
//
//     ttrpc-testd ADDRESS [--loops N]

internal import Dispatch
internal import Logging
internal import TTRPC
internal import TTRPCNIO

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

func complain(_ text: String) {
    let line = text + "\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
}

/// One element per SIGTERM or SIGINT, for as long as the sources are kept.
func stopSignals() -> ([any DispatchSourceSignal], AsyncStream<Void>) {
    let (signals, received) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { received.yield() }
        source.resume()
        return source
    }
    return (sources, signals)
}

var arguments = Array(CommandLine.arguments.dropFirst())
var loopsCount = 1
if let index = arguments.firstIndex(of: "--loops"), index + 1 < arguments.count {
    loopsCount = Int(arguments[index + 1]) ?? 1
    arguments.removeSubrange(index...index + 1)
}
guard arguments.count == 1 else {
    complain("usage: ttrpc-testd ADDRESS [--loops N]")
    exit(64)
}

let (sources, signals) = stopSignals()

do {
    var configuration = Server.Configuration(address: try Address(arguments[0]))
    configuration.loopsCount = loopsCount
    var logger = Logger(label: "ttrpc-testd")
    logger.logLevel = .error
    let server = Server(
        configuration: configuration,
        methods: Streaming.methods,
        logger: logger
    )
    let address = try await server.start()
    print("listening \(address)")
    fflush(nil)
    for await _ in signals { break }
    await server.shutdown(drain: .seconds(60))
} catch {
    complain("ttrpc-testd: \(error)")
    exit(1)
}
withExtendedLifetime(sources) {}
