#!/usr/bin/env bash
# Makes every generated file, Swift and C. The only way they are made.
# usage: Proto/generate.sh [OUTPUT_ROOT]   (default: the root of the checkout)
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-.}

swift build --product protoc-gen-swift >&2
plugin=$(swift build --product protoc-gen-swift --show-bin-path)/protoc-gen-swift

khach=(khach/v1/directory.proto khach/v1/customer.proto khach/v1/interaction.proto khach/v1/sync.proto)
swift_only=(khach/v1/customer_service.proto khach/store/v1/facts.proto google/rpc/status.proto grpc/health/v1/health.proto grpc/reflection/v1/reflection.proto ttrpc/request.proto)

mkdir -p "$out/Sources/KhachProto/Generated" "$out/Sources/KhachGRPC/Generated" "$out/Tests/Support/StreamingProto/Generated" \
  "$out/clients/c/src/generated"
swift_flags=(--swift_opt=FileNaming=DropPath --swift_opt=UseAccessLevelOnImports=true)
protoc -I Proto --plugin="$plugin" "${swift_flags[@]}" --swift_opt=Visibility=Public \
  --swift_out="$out/Sources/KhachProto/Generated" "${khach[@]}" "${swift_only[@]}"
protoc -I Proto --plugin="$plugin" "${swift_flags[@]}" --swift_opt=Visibility=Package \
  --swift_out="$out/Tests/Support/StreamingProto/Generated" ttrpc/integration/streaming.proto
protoc-c -I Proto -I /usr/include --c_out="$out/clients/c/src/generated" \
  "${khach[@]}" ttrpc/request.proto google/rpc/status.proto \
  google/protobuf/timestamp.proto google/protobuf/duration.proto google/protobuf/any.proto google/protobuf/field_mask.proto

# What reflection tells of: every file of the API with all that it imports.
protoc -I Proto --include_imports --descriptor_set_out="$out/Sources/KhachGRPC/Generated/api.binpb" \
  "${khach[@]}" khach/v1/customer_service.proto google/rpc/status.proto \
  grpc/health/v1/health.proto grpc/reflection/v1/reflection.proto
