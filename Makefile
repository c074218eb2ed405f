# Two commands matter: `make run` and `make test`. Both set up what they need and are quick the second time.
.DEFAULT_GOAL := help
PY := .venv/bin/python

.PHONY: help setup run test soak bench bench-room bench-relay bench-kill bench-recording check unit contract integration e2e format protocol screenshots lock clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## virtual environment, locked packages, web build
	@scripts/setup.sh run

run: setup ## start the service with a sample case and print where to go
	@exec $(PY) -m server demo

test: ## set up what tests need and run every check and test
	@scripts/setup.sh test
	@scripts/check.sh all

check: ## format, lint, types, import contracts, dead code
	@scripts/check.sh static

unit: ## pure tests
	@scripts/check.sh unit

contract: ## every port, on every adapter
	@scripts/check.sh contract

integration: ## real DTLS-SRTP, killed processes
	@scripts/check.sh integration

e2e: ## real browsers
	@scripts/check.sh e2e

soak: ## the long versions of fuzzing, hostile packets, joins and leaks
	@scripts/setup.sh test
	@scripts/soak.sh

bench: bench-room bench-relay bench-kill bench-recording ## measure everything (QUICK=1: within two minutes each)

bench-room: ## first remote frame, CPU of a room of four, page weight
	@scripts/setup.sh test
	@$(PY) -m bench.room

bench-kill: ## from a worker's death to the first picture again
	@scripts/setup.sh test
	@$(PY) -m bench.kill

bench-relay: ## the relay against Janus and MediaRelay: CPU, latency, loss
	@scripts/setup.sh bench
	@$(PY) -m bench.relay

bench-recording: ## capture, seeking, and the composite film against ffmpeg
	@scripts/setup.sh bench
	@$(PY) -m bench.recording

format: ## rewrite sources in the house format
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix . && cd web && npm run format

protocol: ## regenerate docs/protocol.md and the browser's types
	@$(PY) -m signaling.protocol && cd web && npm run protocol

screenshots: ## play a sitting on the real service and keep its pictures in docs/screens
	@scripts/setup.sh test
	@$(PY) scripts/screenshots.py

lock: ## resolve requirements*.in into hashed locks
	@scripts/lock.sh

clean: ## remove what builds and tests left (never data/)
	@rm -rf build web/dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
