#!/usr/bin/env bash
# Set up everything the service needs (`run`), or what the tests need beyond that too (`test`), or the benchmarks (`bench`).
# Each step is skipped when what it depends on has not changed since it last succeeded.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-run}
stamps=build/stamps
mkdir -p "$stamps"
[ -x .venv/bin/python ] || rm -f "$stamps"/*  # somebody threw it away: nothing that was put into it is there

say() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }

# once NAME HASH COMMAND…: run COMMAND unless it succeeded before with the same HASH
once() {
  local name=$1 hash=$2; shift 2
  [ "$(cat "$stamps/$name" 2>/dev/null || true)" = "$hash" ] && return 0
  say "$name"
  "$@" || die "The step '$name' failed; the lines above say why. Mend it and run the same command again."
  echo "$hash" > "$stamps/$name"
}
hash_of() { cat "$@" 2>/dev/null | sha256sum | cut -c1-32; }

python=$(command -v python3.11 || command -v python3) || die "Python 3.11 or newer is needed: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed; this is $("$python" --version)."
command -v npm >/dev/null || die "Node.js 20 with npm is needed."

make_venv() {
  "$python" -m venv --help >/dev/null 2>&1 && "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
  [ -x .venv/bin/python ] || "$python" -m venv .venv
}
apt_missing() { for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || echo "$p"; done; }
apt_install() {
  local missing; missing=$(apt_missing "$@" | tr '\n' ' ')
  [ -z "${missing// /}" ] && return 0
  local sudo=""
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo="sudo -n"
    else die "These Debian packages are missing. Please install them and run the same command again:
    apt-get install $missing"; fi
  fi
  $sudo apt-get update -qq
  # A service that Debian starts by itself is not wanted: the tests start their own.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"; }
npm_install() { (cd web && npm ci --no-audit --no-fund --loglevel=error); }
build_engine() { .venv/bin/python media/native/build.py; }
web_build() { (cd web && npm run --silent build); }

once "python environment" "$("$python" --version)" make_venv
if [ "$mode" = bench ]; then
  once "packages for the benchmarks (Debian)" "$(hash_of scripts/debian-bench.txt)" apt_install $(grep -v '^#' scripts/debian-bench.txt)
  mode=test
fi
if [ "$mode" = test ]; then
  once "packages for the tests (Debian)" "$(hash_of scripts/debian-test.txt)" apt_install $(grep -v '^#' scripts/debian-test.txt)
  once "packages for the tests (Python)" "$(hash_of requirements-dev.txt)" pip_install requirements-dev.txt
elif [ ! -f "$stamps/packages for the tests (Python)" ] || [ "$(cat "$stamps/packages for the tests (Python)")" != "$(hash_of requirements-dev.txt)" ]; then
  once "packages (Python)" "$(hash_of requirements.txt)" pip_install requirements.txt
fi
# The relay's native engine. Without a compiler the service still runs, on the engine in plain Python.
if [ "$mode" = test ] && ! command -v cc >/dev/null; then apt_install gcc libc6-dev; fi
if command -v cc >/dev/null; then
  once "native engine" "$(hash_of media/native/*.[ch] media/native/build.py)" build_engine
else
  say "no C compiler: the relay runs in plain Python, at some three times the cost (apt-get install gcc libc6-dev, then again)"
fi
once "packages (npm)" "$(hash_of web/package-lock.json)" npm_install
once "web build" "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-32)" web_build
