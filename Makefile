# Everything is done in the checkout's own .venv, which every target makes ready first.
# Needed: make, and Python >= 3.11 on PATH (PYTHON=/path/to/python3 chooses one).

BIN = .venv/bin
SOURCES = core/src plugins/*/src
TESTS = core/tests plugins/*/tests tests
WORKERS = 2

# Compiled sources are kept, out of the way: tests start many processes.
export PYTHONDONTWRITEBYTECODE =
export PYTHONPYCACHEPREFIX = $(CURDIR)/.cache/pycache

.DEFAULT_GOAL = help
.PHONY: help setup run test test-alone disturb sanitize lint format bench screenshots docs proto lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "make %-12s %s\n", $$1, $$2 }'

setup: ## Make .venv ready: locked packages, and ours as links to their sources
	@PYTHON="$(PYTHON)" sh packaging/setup.sh

run: setup ## Serve examples/quickstart.toml on high ports, and say what to try
	@exec sh packaging/run.sh

test: lint ## Run all checks and tests; ARGS="-k name" goes to pytest
	@sh tests/install-system-packages
	@$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report= $(ARGS) $(wildcard $(TESTS))
	@# The path that the compiled engine is held to is compared with the peers as well.
	@[ -n "$(ARGS)" ] || $(BIN)/python -m pytest -n $(WORKERS) -q tests/conformance --subject python --ignore tests/conformance/generated
	@$(BIN)/python tests/repository/coverage_table.py

test-alone: setup ## Test each package with nothing installed but what it declares
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS) tests/alone

disturb: setup ## Test while processes are stopped for moments; ARGS="core/tests"
	@$(BIN)/python -m tests.disturb -- $(BIN)/python -m pytest -n $(WORKERS) $(or $(ARGS),$(wildcard $(TESTS)))

sanitize: setup ## Test and fuzz the engine with sanitizers; ARGS="--seconds 600"
	@$(BIN)/python -m tests.sanitize $(ARGS)

lint: setup ## Check form, types and the arrows between packages
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary $(wildcard $(SOURCES) $(TESTS)) packaging proto docs
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }

format: setup ## Rewrite sources to the project's form
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: setup ## Run the benchmarks; prints figures, asserts nothing
	@$(BIN)/python -m tests.benchmarks $(ARGS)

screenshots: setup ## Write docs/images anew: each tab of the dashboard, by Chromium
	@sh tests/install-system-packages
	@$(BIN)/python -m tests.end_to_end.dashboard.screenshots $(ARGS)

docs: setup ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo "site/index.html"

proto: setup ## Make the gRPC plugin's modules of proto/ anew
	@$(BIN)/python proto/generate.py

lock: setup ## Write the lock files anew; ARGS=--upgrade looks for newer versions
	@$(BIN)/python packaging/lock.py $(ARGS)
	@sh packaging/setup.sh

clean: ## Remove .venv and everything built
	@rm -rf .venv .cache site dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage
