#!/bin/bash
# Makes a fresh clone ready: system packages, npm packages, build. Says what it installs; says nothing and takes a moment when all is there.
#   scripts/setup.sh            what `make demo` needs
#   scripts/setup.sh --tests    what `make test` needs on top
#   scripts/setup.sh --bench    the peers that `make bench` measures, where Debian has them
set -u
cd "$(dirname "$(readlink -f "$0")")/.."

log=$(mktemp "${TMPDIR:-/tmp}/mosix-setup.XXXXXX")
trap 'rm -f "$log"' EXIT

say() { echo "setup: $*" >&2; }
fail() {
  say "$*"
  [ -s "$log" ] && tail -n 20 "$log" | sed 's/^/setup:   /' >&2
  exit 1
}

# --- Node.js -----------------------------------------------------------------------------------------------------------------
command -v node >/dev/null || fail "Node.js 20.19 or later is needed, and there is no node on PATH"
case "$(node -p 'const [a, b] = process.versions.node.split(".").map(Number); a > 20 || (a === 20 && b >= 19)')" in
  true) ;;
  *) fail "Node.js 20.19 or later is needed, this is $(node --version)" ;;
esac

# --- System packages: command, Debian package ---------------------------------------------------------------------------------
needed='gcc gcc
g++ g++
make make
bwrap bubblewrap
cmake cmake
ninja ninja-build'
mode=${1:-}
case "$mode" in
  --tests) needed="$needed
clang clang
git git
file file
ip iproute2" ;;
  --bench) needed="$needed
clang clang
distcc distcc
icecc icecc
ccache ccache
ip iproute2" ;;
esac

# The daemons of icecc and distcc live in sbin.
PATH="$PATH:/usr/sbin:/sbin"
missing_packages() {
  echo "$needed" | while read -r command package; do command -v "$command" >/dev/null || echo "$package"; done
  # clang's own run-time libraries (--coverage links with one) are a package of clang's version.
  if [ "$mode" = --tests ] && command -v clang >/dev/null && ! [ -e "$(clang -print-libgcc-file-name -rtlib=compiler-rt 2>/dev/null)" ]; then
    echo "libclang-rt-$(clang -dumpversion | cut -d . -f 1)-dev"
  fi
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
may_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; }
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1 </dev/null; }
install() { apt install -y -q --no-install-recommends "$@"; }

# Twice: what clang needs is known when clang is there.
for round in first second; do
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || break
  if ! command -v apt-get >/dev/null; then
    say "missing: ${missing}(install them with this system's package manager)"
    break
  elif ! may_be_root; then
    say "missing, and only root may install it: apt-get install $missing"
    break
  fi
  [ "$round/${missing#libclang-rt}" != "second/$missing" ] || break
  say "installing ${missing}(apt-get)"
  # The package lists of a fresh system are empty or old. One package that cannot be had must not keep the others away.
  # shellcheck disable=SC2086
  install $missing || { apt update -q; install $missing; } || for package in $missing; do install "$package"; done
done
still=$(missing_packages | tr '\n' ' ')
[ -z "$still" ] || say "still missing, what needs it is left out: $still"
for tool in gcc g++ make; do command -v "$tool" >/dev/null || fail "nothing can be done without $tool"; done

# --- npm packages ---------------------------------------------------------------------------------------------------------------
if [ ! node_modules/.package-lock.json -nt package-lock.json ] && [ ! node_modules/.package-lock.json -ef package-lock.json ]; then
  say "installing npm packages (npm ci)"
  npm ci --no-audit --no-fund --no-progress --loglevel=error >"$log" 2>&1 </dev/null || fail "npm ci failed"
  # npm keeps the times of what it unpacks; ours is the time of this installation.
  touch node_modules/.package-lock.json
fi

# --- TypeScript and C -----------------------------------------------------------------------------------------------------------
[ -e packages/cli/dist/mosix.js ] && [ -e packages/launcher/build/mosix-cc ] || say "building"
{ node_modules/.bin/tsc -b && make -s -C packages/launcher; } >"$log" 2>&1 </dev/null || fail "the build failed"
