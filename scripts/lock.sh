#!/usr/bin/env bash
# Resolve requirements*.in into hashed locks, in a throw-away environment.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d); trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools" && "$tools/bin/pip" install --quiet pip-tools
compile() { "$tools/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
  --no-emit-index-url --no-emit-find-links --no-emit-options "$@"; }
compile -o requirements.txt requirements.in
compile -c requirements.txt -o requirements-dev.txt requirements-dev.in
