#!/usr/bin/env bash
# Builds for release and prints one table: our listeners beside gRPC C++ and Go ttrpc of Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh bench-peers
for product in grpc-echo ttrpc-testd; do
  swift build -c release --product "$product" 2>&1 | tail -1
done
build=Benchmarks/build
mkdir -p "$build/proto"
cc -O2 -o "$build/rpc_load" Benchmarks/src/rpc_load.c Benchmarks/src/rpc_socket.c -lssl -lcrypto
(cd Benchmarks/src/go_echo && GOPATH=/usr/share/gocode GO111MODULE=off GOFLAGS= \
  go build -o "$OLDPWD/$build/go_echo" main.go)
proto=Proto/ttrpc/integration
protoc -I "$proto" --cpp_out="$build/proto" --grpc_out="$build/proto" \
  --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" streaming.proto
c++ -std=c++17 -O2 -I"$build/proto" -o "$build/grpc_peer" Benchmarks/src/grpc_peer.cpp \
  "$build"/proto/streaming.pb.cc "$build"/proto/streaming.grpc.pb.cc \
  $(pkg-config --cflags --libs grpc++ protobuf)
exec python3 Benchmarks/peers.py --bin "$(swift build -c release --show-bin-path)" --build "$build"
