internal import Foundation
internal import KhachCommands

exit(await CommandLineTool.run(Array(CommandLine.arguments.dropFirst())))
