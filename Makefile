PYTHON ?= python3
JOBS ?= 3
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11

ON_KAFKA := tests/kafka tests/crmkit/messaging tests/reporting/test_flow.py tests/webhooks/test_flow.py \
	tests/crmkit/proof/test_replay.py tests/crmkit/proof/test_memory.py \
	tests/e2e/test_processes.py tests/faults/test_families.py \
	--deselect tests/crmkit/messaging/test_ending.py::test_what_a_stop_that_takes_too_long_has_not_come_to_is_ended \
	--deselect tests/crmkit/messaging/test_ending.py::test_without_an_end_for_what_is_left_a_client_that_was_stopped_goes_on

unexport PYTHONDONTWRITEBYTECODE # a run starts hundreds of processes, each of which would compile all

.DEFAULT_GOAL := help
.PHONY: help setup dev demo up kafka test test-fast test-kits test-kafka faults bench check lint fmt types imports arch interfaces clients gateway lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.editable ## Make .venv and install what the services need, by hash

dev: .venv/.dev .venv/.editable ## The same, with the tools that tests and checks need

demo: setup ## Start everything, load a year of sales, show the report (ONCE=1: then stop; PORT=8000)
	@$(BIN)/crm demo $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once)

up: setup ## Start PostgreSQL, the broker and every service, until Ctrl-C (PORT=8000)
	@$(BIN)/crm up $(if $(PORT),--port $(PORT))

kafka: setup ## Run Apache Kafka until Ctrl-C (NODES=3: three nodes, three copies; needs Java and Maven)
	@$(BIN)/crm kafka --nodes $(or $(NODES),1)

test: dev ## Run every test that needs nothing but Python
	@$(PYTEST) -m "not kafka and not kit"

test-fast: dev ## Run the tests that take no more than a few seconds, stop at the first failure
	@$(PYTEST) -x -m "not slow and not kafka and not kit"

test-kits: dev ## Run the short form of benchmarks, and whole data sets
	@$(PYTEST) -m kit

test-kafka: dev ## Run the tests of messages on Apache Kafka (NODES=3; needs Java and Maven)
	@CRM_TEST_BROKER=kafka NODES=$(or $(NODES),3) $(BIN)/pytest $(ON_KAFKA)

faults: dev ## Break everything under load (KILLS=50 RATE=200 SOAK=minutes MINUTES=for all SEED=; SHORT=1: each thing once)
ifdef SHORT
	@SEED=$(or $(SEED),1) $(PYTEST) -rP --show-capture=stdout tests/faults
else
	@$(BIN)/python -m tests.faults --kills $(or $(KILLS),50) --rate $(or $(RATE),200) \
	  --soak $(or $(SOAK),0) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))
endif

bench: setup ## Measure, print a table and write benchmarks/results/latest.json (SHORT=1: does it work?)
	@$(BIN)/python -m benchmarks $(if $(SHORT),--short --out benchmarks/.data/short.json)

check: lint types imports arch ## Everything that needs no server: lint, format, types, imports, architecture

lint: dev ## Lint, and check the format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

fmt: dev ## Format, and fix what can be fixed
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

types: dev ## Check the types
	@$(BIN)/mypy

imports: dev ## Check which way imports point
	@$(BIN)/lint-imports

arch: dev ## Check the rules of the architecture
	@$(BIN)/pytest -q tests/architecture

interfaces: dev ## Write the published documents again; refused where a caller would break
	@$(BIN)/python -m tests.compat.publish
	@$(BIN)/python -m tests.docs.service_page

clients: dev ## Generate and build the Python and TypeScript clients (needs Node and npm)
	@PATH="$(CURDIR)/$(BIN):$$PATH" openapi-python-client generate --overwrite \
	  --path tests/compat/published/openapi.json --output-path deploy/clients/dist/python
	@cd deploy/clients && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build

gateway: interfaces ## Install the gateway and compose its supergraph of the subgraphs (needs Node)
	@cd deploy/gateway && npm ci --loglevel=error && npm run --silent compose

lock: ## Resolve the requirements again (needs uv)
	@$(LOCK) --extra local pyproject.toml -o requirements/runtime.txt
	@$(LOCK) --extra build -c requirements/runtime.txt pyproject.toml -o requirements/services.txt
	@$(LOCK) --extra local --extra dev -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	@$(LOCK) --group gateway -o requirements/gateway.txt

clean: ## Remove local data and caches; .venv stays
	@rm -rf .data .coverage htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: requirements/runtime.txt .venv/.created
	@$(PIP) install --no-deps --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip check
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip check
	@touch $@

.venv/.editable: pyproject.toml .venv/.runtime
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
