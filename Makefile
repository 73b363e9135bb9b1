# Two commands set everything up on a machine that has only python3 and make:
#   make demo     the whole job on an embedded PostgreSQL
#   make test     every check and every test, on real servers
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What keeps generated documents, and what clients see, from growing stale.
STALE := tests/cli/test_reference.py tests/server/test_surface.py
SAMPLES ?= $(abspath ../shared/samples)

.PHONY: help demo demo-psql demo-stop check types test samples long bench docs lock clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml engine/proof/_search.c engine/repository/_lines.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "snapharbor needs Python 3.11 or newer: run make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "this Python cannot make virtual environments: install its venv package (python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@rm -rf build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## list, build, sanitize, verify, load and share a sample shop through the MCP server
	@$(BIN)/python tests/demo/run.py

demo-psql: $(READY) ## open the demo's sanitized copy in psql; \c shop shows its source there
	@$(BIN)/python tests/demo/run.py psql

demo-stop: $(READY) ## end the demo's server and remove everything it made
	@$(BIN)/python tests/demo/run.py stop

check: $(READY) ## format, lint, types, floors, sizes, unit tests, stale documents (under a minute)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports >/dev/null || $(BIN)/lint-imports
	$(BIN)/mypy --no-error-summary
	$(BIN)/pytest -q -n 2 -m "not server" tests/engine tests/test_*.py $(STALE)

types: $(READY) ## strict pyright over code and tests
	$(BIN)/pyright

test: $(READY) ## check and types, then doors, contracts and end to end on real servers, and the samples if they are there
	$(MAKE) -j2 $(filter --output-sync,$(addprefix --,$(.FEATURES))) check types
	$(BIN)/pytest -q -n 2 -m "server or door"
	@! test -d $(SAMPLES)/pg || $(MAKE) samples

samples: $(READY) ## round-trip and sanitize the sample databases beside the checkout
	SNAPHARBOR_SAMPLES=$(SAMPLES) $(BIN)/pytest -q -n 2 tests/samples

long: $(READY) ## run every test of MySQL and MariaDB on both
	SNAPHARBOR_LONG=1 $(BIN)/pytest -q -n 2 -m both_products

bench: $(READY) ## measure build, load, reset and sanitize against the stock tools
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/sanitize.py

docs: $(READY) ## write every generated document anew: configuration, commands, errors, tools
	$(BIN)/python -m snapharbor.engine.settings.reference
	$(BIN)/python -m snapharbor.engine.masks.reference
	$(BIN)/python -m snapharbor.cli.reference > docs/cli.md
	$(BIN)/python tests/support/surface.py

lock: ## pin every dependency by version and hash
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --group dev --extra embedded pyproject.toml -o requirements.lock

clean: ## remove what the commands above made
	rm -rf $(VENV) .demo .node .cache build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
