#!/usr/bin/env bash
# Installs the Debian packages that are missing: what a build needs, or what the tests need too.
# usage: scripts/install.sh build|test|fault|bench|bench-peers|deb
set -euo pipefail

build=(libsqlite3-dev libprotobuf-c-dev libutf8proc-dev libphonenumber-dev libxlsxwriter-dev libxxhash-dev libssl-dev pkg-config tzdata)
test=(protobuf-compiler protobuf-c-compiler cmake gcc g++ make python3 python3-venv golang-go golang-github-containerd-ttrpc-dev libjansson-dev systemd xfsprogs e2fsprogs mount)

bench=(gcc make cmake python3)
bench_peers=(gcc g++ python3 protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev golang-go golang-github-containerd-ttrpc-dev)
deb=(dpkg-dev binutils)
# What `make valgrind` needs beside the tests; libFuzzer and the sanitizers are Swift's own.
fault=(valgrind)

case ${1:-} in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}" "${deb[@]}") ;;
  fault) wanted=("${build[@]}" "${test[@]}" "${deb[@]}" "${fault[@]}") ;;
  deb) wanted=("${build[@]}" "${deb[@]}") ;;
  bench) wanted=("${build[@]}" "${bench[@]}") ;;
  bench-peers) wanted=("${build[@]}" "${bench_peers[@]}") ;;
  *) echo "usage: $0 build|test|fault|bench|bench-peers|deb" >&2; exit 64 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "root or sudo expected, to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${as_root[@]}" apt-get update -q >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
"${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 \
  || { cat "$log" >&2; exit 1; }
