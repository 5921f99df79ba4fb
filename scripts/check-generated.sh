#!/usr/bin/env bash
# Regenerates the protobuf code into a scratch folder and demands that nothing differs.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
Proto/generate.sh "$fresh" >/dev/null
same=yes
for folder in Sources/KhachProto/Generated Sources/KhachGRPC/Generated Tests/Support/StreamingProto/Generated clients/c/src/generated; do
  diff -r "$folder" "$fresh/$folder" || same=no
done
[ "$same" = yes ] || { echo "generated code: what Proto/generate.sh makes expected, found other files" >&2; exit 1; }
