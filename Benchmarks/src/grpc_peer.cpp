// gRPC C++ from Debian as a peer: a server of the echo, and a load on one connection.
//
//   grpc_peer serve                                listens on a free port, until it is ended
//   grpc_peer load ADDRESS IN_FLIGHT SECONDS       prints one JSON line, as rpc_load does
//
// Both by the callback API, the fastest that the library has.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "streaming.grpc.pb.h"

namespace streaming = ttrpc::integration::streaming;
using Clock = std::chrono::steady_clock;

class Service final : public streaming::Streaming::CallbackService {
    grpc::ServerUnaryReactor *Echo(grpc::CallbackServerContext *context,
        const streaming::EchoPayload *request, streaming::EchoPayload *reply) override
    {
        reply->set_seq(request->seq() + 1);
        reply->set_msg(request->msg());
        grpc::ServerUnaryReactor *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

static int serve()
{
    Service service;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server)
        return 1;
    std::printf("listening tcp:127.0.0.1:%d\n", port);
    std::fflush(stdout);
    server->Wait();
    return 0;
}

// Calls of one connection, each followed by the next until the time is over.
class Load {
public:
    Load(const std::string &address, double seconds)
        : stub_(streaming::Streaming::NewStub(
              grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
          end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(seconds)))
    {
        request_.set_seq(1);
        request_.set_msg(std::string(124, 'x')); // 128 bytes as a message
    }

    int run(int in_flight)
    {
        const auto start = Clock::now();
        running_ = in_flight;
        for (int index = 0; index < in_flight; index++)
            begin();
        std::unique_lock<std::mutex> lock(mutex_);
        ended_.wait(lock, [this] { return running_ == 0; });
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        std::sort(latencies_.begin(), latencies_.end());
        const size_t count = latencies_.size();
        std::printf("{\"requests\": %zu, \"errors\": %zu, \"per_second\": %.1f, \"p50_us\": %.1f, "
                    "\"p99_us\": %.1f}\n",
            count, errors_, static_cast<double>(count) / seconds,
            count ? latencies_[count / 2] : 0, count ? latencies_[count * 99 / 100] : 0);
        return errors_ == 0 ? 0 : 1;
    }

private:
    struct Call {
        grpc::ClientContext context;
        streaming::EchoPayload reply;
        Clock::time_point begun;
    };

    void begin()
    {
        Call *call = new Call;
        call->begun = Clock::now();
        stub_->async()->Echo(
            &call->context, &request_, &call->reply, [this, call](grpc::Status status) {
                const auto now = Clock::now();
                const bool is_right = status.ok() && call->reply.seq() == 2;
                {
                    std::lock_guard<std::mutex> lock(mutex_);
                    latencies_.push_back(
                        std::chrono::duration<float, std::micro>(now - call->begun).count());
                    errors_ += is_right ? 0 : 1;
                    if (now >= end_ && --running_ == 0)
                        ended_.notify_all();
                }
                delete call;
                if (now < end_)
                    begin();
            });
    }

    std::unique_ptr<streaming::Streaming::Stub> stub_;
    streaming::EchoPayload request_;
    const Clock::time_point end_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::vector<float> latencies_;
    size_t errors_ = 0;
    int running_ = 0;
};

int main(int argc, char **argv)
{
    if (argc == 2 && std::string(argv[1]) == "serve")
        return serve();
    if (argc == 5 && std::string(argv[1]) == "load")
        return Load(argv[2], std::stod(argv[4])).run(std::stoi(argv[3]));
    std::fprintf(stderr, "usage: grpc_peer serve | load ADDRESS IN_FLIGHT SECONDS\n");
    return 64;
}
