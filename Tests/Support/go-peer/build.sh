#!/usr/bin/env bash
# Builds the stock Go peer from Debian's packages (golang-go, golang-github-containerd-ttrpc-dev).
# usage: build.sh OUTPUT
set -eu
[ $# -eq 1 ] || { echo "usage: $0 OUTPUT" >&2; exit 64; }
cd "$(dirname "$0")"
GOPATH=/usr/share/gocode GO111MODULE=off GOFLAGS= exec go build -o "$1" main.go
