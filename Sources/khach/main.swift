internal import KhachCommands

await CommandLineTool.main()
