internal import Dispatch
internal import Foundation
internal import KhachFuzz

// usage: khach-fuzz TARGET [OPTIONS OF libFuzzer] [CORPUS]...

/// libFuzzer, linked by scripts/fuzz.sh.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

let target =
    CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.init(rawValue:))
    ?? { () -> FuzzTarget in
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(Data("TARGET: one of \(names) expected\n".utf8))
        exit(64)
    }()

/// Waits for a check; libFuzzer takes a trap for what it finds.
func check(_ bytes: [UInt8]) {
    let isDone = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            try await target.check(bytes)
        } catch {
            FileHandle.standardError.write(Data("\(target): \(error)\n".utf8))
            abort()
        }
        isDone.signal()
    }
    isDone.wait()
}

var arguments = CommandLine.unsafeArgv
var count = CommandLine.argc - 1
// The target takes the place of the program's name.
var rest = arguments + 1
exit(
    runDriver(&count, &rest) { bytes, count in
        check(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }
)
