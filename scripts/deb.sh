#!/usr/bin/env bash
# Makes a Debian package of khachd and khach in .build/deb, and prints its path.
# usage: scripts/deb.sh [--bin FOLDER] [--version VERSION]
#   --bin: binaries that are there already; without it they are built for release, Swift's runtime in them
set -euo pipefail
cd "$(dirname "$0")/.."
bin=
version=
while [ $# -gt 0 ]; do
  case $1 in
    --bin) bin=$2; shift 2 ;;
    --version) version=$2; shift 2 ;;
    *) echo "usage: $0 [--bin FOLDER] [--version VERSION]" >&2; exit 64 ;;
  esac
done
if [ -z "$bin" ]; then
  build=(-c release --static-swift-stdlib --scratch-path .build-deb)
  for product in khachd khach; do swift build "${build[@]}" --product "$product" >&2; done
  bin=$(swift build "${build[@]}" --show-bin-path)
fi
[ -n "$version" ] || version=$("$bin/khachd" --version)

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
doc=$root/usr/share/doc/khach
install -d "$root/DEBIAN" "$doc" "$stage/debian" .build/deb
for program in khachd khach; do
  install -D -m 0755 "$bin/$program" "$root/usr/bin/$program"
  strip "$root/usr/bin/$program"
done
install -D -m 0644 packaging/khachd.service "$root/lib/systemd/system/khachd.service"
install -D -m 0644 packaging/debian/khach.sysusers "$root/usr/lib/sysusers.d/khach.conf"
install -D -m 0644 packaging/khachd.json "$root/etc/khach/khachd.json"
install -d "$root/usr/share/bash-completion/completions"
"$bin/khach" --generate-completion-script bash >"$root/usr/share/bash-completion/completions/khach"
install -m 0644 README.md docs/khachd.md docs/operations.md docs/limits.md docs/cli.md docs/sync.md \
  packaging/khachd.json "$doc/"
gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
chmod -R u=rwX,go=rX "$root"

: >"$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O --ignore-missing-info \
  -e root/usr/bin/khachd -e root/usr/bin/khach 2>/dev/null | sed 's/^shlibs:Depends=//')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
  -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" -e "s/@DEPENDS@/$depends/" \
  packaging/debian/control.in >"$root/DEBIAN/control"
echo /etc/khach/khachd.json >"$root/DEBIAN/conffiles"
install -m 0755 packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
package=$PWD/.build/deb/khach_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zgzip -z1 --build "$root" "$package" >&2
echo "$package"
