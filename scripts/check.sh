#!/usr/bin/env bash
# Every check and test, in the order in which a failure is cheapest to see.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
packages="agreements cases formats media recording rooms server signaling vault verify"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
static() {
  say "format and lint (Python)"; ruff format --check . ; ruff check .
  say "types (Python)"; mypy $packages
  say "import contracts"; lint-imports --no-cache
  say "dead code (Python)"; vulture
  say "format, lint, types, unit tests (web)"; (cd web && npm run --silent format:check && npm run --silent lint && npm run --silent check && npm run --silent test && npm run --silent dead)
  say "protocol is what the code says"; python -m signaling.protocol --check
}
unit() { say "unit tests"; pytest -q tests/unit tests/architecture; }
contract() { say "contract tests (SQLite, PostgreSQL, folder, S3 protocol)"; pytest -q tests/contract; }
integration() { say "integration tests (real DTLS-SRTP, killed processes)"; pytest -q tests/integration; }
e2e() { say "browser tests"; pytest -q tests/e2e; }

case ${1:-all} in
  all) static; unit; contract; integration; e2e; say "all checks and tests passed" ;;
  *) "$@" ;;
esac
