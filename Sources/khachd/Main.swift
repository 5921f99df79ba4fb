internal import ArgumentParser
internal import KhachServer

@main
struct Main {
    static func main() async {
        await ServerCommand.main()
    }
}
