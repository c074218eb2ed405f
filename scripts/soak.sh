#!/usr/bin/env bash
# The long versions of what `make test` samples: fuzzing, isolation, hostile packets, a thousand joins. About 25 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
export HESHI_SOAK="${HESHI_SOAK:-20}" # so many times the sample

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fuzz() { say "fuzz every parser (x$HESHI_SOAK)"; pytest -q --timeout 1800 --hypothesis-seed="${SEED:-$RANDOM}" tests/unit/media/fuzz; }
isolation() {
  say "the wall, packet by packet (x$HESHI_SOAK)"
  pytest -q --timeout 1800 --hypothesis-seed="${SEED:-$RANDOM}" tests/unit/media/test_isolation.py tests/integration/media/test_isolation_rooms.py
  say "the wall over real connections (two minutes)"
  HESHI_SOAK=20 SEED="${SEED:-$RANDOM}" pytest -q -s --timeout 600 tests/integration/media/test_isolation.py
}
joins() { say "joins that leave nothing (x$HESHI_SOAK)"; pytest -q -s --timeout 1800 tests/integration/media/test_leaks.py; }
hostile() {
  say "hostile packets, ten rounds"
  for _ in $(seq 10); do pytest -q --timeout 600 tests/integration/media/test_hostile.py; done
}

recording() {
  say "captures killed with -9 (x$HESHI_SOAK), disks that fail, packets that make no sense"
  SEED="${SEED:-$RANDOM}" pytest -q -s --timeout 1800 tests/integration/recording/test_killed.py
  pytest -q --timeout 1800 --hypothesis-seed="${SEED:-$RANDOM}" tests/unit/recording tests/integration/recording/test_disks.py
  if [ "$(id -u)" = 0 ]; then # for a file system of its own to freeze and to break
    local folder; folder=$(mktemp -d)
    python -m tests.integration.recording.hanging "$folder"
    rm -r "$folder"
  fi
}

impaired() {
  say "calls on bad networks, five rounds"
  for round in 1 2 3 4 5; do HESHI_ROUND=$round pytest -q -s --timeout 600 tests/integration/impaired; done
}

case ${1:-all} in
  all) fuzz; isolation; joins; hostile; recording; impaired; say "nothing broke, nothing leaked" ;;
  *) "$@" ;;
esac
