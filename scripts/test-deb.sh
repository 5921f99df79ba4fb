#!/usr/bin/env bash
# Installs the package into a throw-away copy of this system, starts what it installed, upgrades
# it, and looks whether everything is there. Root, for mounts of its own; nothing outside changes.
# usage: scripts/test-deb.sh FOLDER_OF_BINARIES
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${KHACH_TEST_DEB_INSIDE:-}" != yes ]; then
  bin=$(realpath "$1")
  first=$(scripts/deb.sh --bin "$bin" --version 0.1.0~test1)
  second=$(scripts/deb.sh --bin "$bin" --version 0.1.0~test2)
  KHACH_TEST_DEB_INSIDE=yes exec unshare -m "$0" "$first" "$second"
fi

first=$1 second=$2
fail() { echo "test-deb: $*" >&2; exit 1; }
say() { echo "ok $*"; }
top=$(mktemp -d)
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
mount --rbind /proc "$top/root/proc"
mount --rbind /dev "$top/root/dev"
mount -t tmpfs tmpfs "$top/root/run"
cp "$first" "$second" "$top/upper/"
inside() { chroot "$top/root" "$@"; }
# dpkg leaves services alone here: there is no /run/systemd/system.
install() { inside dpkg --install "/$(basename "$1")" >"$top/dpkg.log" 2>&1 || { cat "$top/dpkg.log" >&2; fail "dpkg --install $1"; }; }
pid=
start() {
  inside install -d -o khach -g khach /run/khach
  : >"$top/root/run/out"
  # As the unit starts it, but for what systemd itself confines.
  chroot --userspec=khach:khach "$top/root" /usr/bin/khachd serve --config /etc/khach/khachd.json \
    --listen tcp:127.0.0.1:0 --listen unix:/run/khach/khachd.sock --metrics-listen tcp:127.0.0.1:0 \
    >"$top/root/run/out" 2>"$top/log" &
  pid=$!
  for _ in $(seq 200); do
    [ "$(grep -c '^listening ' "$top/root/run/out")" = 2 ] && return
    kill -0 "$pid" 2>/dev/null || break
    read -rt 0.1 <> <(:) || true
  done
  cat "$top/log" >&2
  fail "the installed khachd does not listen"
}
stop() {
  kill -TERM "$pid"
  wait "$pid" || fail "an orderly stop expected, status $? found"
  pid=
}
end() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  umount -l "$top" && rmdir "$top"
}
trap end EXIT
khach() {
  chroot --userspec=khach:khach "$top/root" /usr/bin/env HOME=/var/lib/khach \
    KHACH_SERVER=unix:/run/khach/khachd.sock /usr/bin/khach "$@"
}

install "$first"
inside id khach >/dev/null || fail "a user khach expected"
[ "$(inside stat -c '%U %a' /var/lib/khach)" = "khach 700" ] || fail "a folder of khach alone expected"
inside khachd check-config --config /etc/khach/khachd.json >/dev/null || fail "check-config"
say "installed: user, folder, settings"
start
khach business create "Nhà Mây" --actor lan >/dev/null
[ "$(khach business list --output jsonl | wc -l)" = 1 ] || fail "one business expected"
stop
say "started as khach, wrote, stopped"

# A settings file that was changed stays, and so does the store.
sed -i 's/"drain": 25/"drain": 5/' "$top/root/etc/khach/khachd.json"
install "$second"
[ "$(inside dpkg-query -W -f '${Version}' khach)" = 0.1.0~test2 ] || fail "the second version expected"
grep -q '"drain": 5' "$top/root/etc/khach/khachd.json" || fail "the changed settings expected"
start
[ "$(khach business list --output jsonl | wc -l)" = 1 ] || fail "the business of before expected"
stop
say "upgraded: the store and the changed settings are there"

inside dpkg --remove khach >/dev/null 2>&1 || fail "dpkg --remove"
[ -e "$top/root/var/lib/khach/khach.db" ] || fail "a removal keeps the store"
inside dpkg --purge khach >/dev/null 2>&1 || fail "dpkg --purge"
[ ! -e "$top/root/var/lib/khach" ] || fail "a purge takes the store"
say "removed: the store stays; purged: it goes"
