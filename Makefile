# Everything a person or a machine runs here. `make` alone prints this list.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

# Bytecode makes every start after the first one faster.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

# PYTHON=python3.12 picks one; otherwise uv finds one that pyproject.toml allows.
export PYTHON
BIN := .venv/bin
READY := .venv/.installed

.PHONY: help up demo test test-fast lint format bench evals map lock clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

up: $(READY) ## install what is missing, then serve console, HTTP API and worker in one process
	@$(BIN)/pilothouse up

demo: $(READY) ## play the whole story in the terminal
	@$(BIN)/pilothouse demo

test: $(READY) ## install what the tests need, then run the whole suite
	@bash tests/setup_system.sh
	@$(BIN)/python -m pytest -n auto --dist loadfile -m "not browser"
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m browser

test-fast: $(READY) ## the suite without slow and browser tests
	@$(BIN)/python -m pytest -m "not slow and not browser"

lint: $(READY) ## style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## rewrite the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## measure speed and memory
	@$(BIN)/python -m benchmarks

evals: $(READY) ## score the planners on the eval suites, and diagnoses on worlds with known causes
	@$(BIN)/pilothouse evals run
	@$(BIN)/pilothouse evals causes

map: $(READY) ## rewrite the module map and the picture of the graph from the code
	@$(BIN)/python -m tests.project.module_map --write
	@$(BIN)/python -m tests.project.graph_picture --write

lock: ## resolve the dependencies again and rewrite requirements.lock
	@bash .ci/uv lock --upgrade --quiet
	@bash .ci/uv export --frozen --all-groups --no-emit-project --no-header --no-annotate \
		--quiet --output-file requirements.lock

clean: ## remove what make and the tools left behind, but no workspace
	@rm -rf .venv .venv-uv .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made once, and again only after the dependencies changed.
$(READY): pyproject.toml requirements.lock
	@echo "Installing Pilothouse into .venv ..." >&2
	@test -x $(BIN)/python || bash .ci/uv venv --quiet $(if $(PYTHON),--python "$(PYTHON)") .venv
	@bash .ci/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@bash .ci/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
