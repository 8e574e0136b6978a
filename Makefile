# `make run` shows the whole idea on real data, `make test` checks it; both install what they need, once.

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready
TOOLS := .venv/tools
INTEGRATION := .venv/integration
FLOWER := .venv/flower
MODULES := flows tasks greenlightning

export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := true
export GX_ANALYTICS_ENABLED := false
# Threads that spin at a barrier take the processor from whatever else runs: 20 times slower when three jobs train.
export GOMP_SPINCOUNT ?= 1000
export MLFLOW_DISABLE_TELEMETRY := true
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: help run test quick bench reliability integration day flower lint docs sbom audit setup clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

run: setup ## Run the main job on the bundled digits; DATASET=fashion-mnist takes another set
	@$(BIN)/greenlightning demo $(if $(DATASET),--dataset '$(DATASET)')

test: setup ## Run the tests; ARGS=--cov also measures coverage
	@$(BIN)/pytest --numprocesses 2 --dist loadfile $(ARGS)

quick: setup ## Run the tests that need no server and no browser: about a minute
	@$(BIN)/pytest --numprocesses 2 --dist loadfile -m "not slow and not browser"

bench: setup ## Measure everything in docs/benchmarks.md: takes hours, continues where it stopped; ARGS=--help lists options
	@$(BIN)/python -m benchmarks $(ARGS)

reliability: setup ## Attack a small workspace and write docs/reliability.md: takes hours; ARGS=--help lists options
	@$(BIN)/python -m tests.reliability $(ARGS)

integration: setup $(INTEGRATION) ## Test on PostgreSQL and an object store, and check the Kubernetes manifests: minutes
	@$(BIN)/pytest tests/integration tests/infra/test_manifests.py $(ARGS)

day: setup ## Play a day on real servers in a browser and take the pictures in docs/img/day again: minutes
	@$(BIN)/python -m tests.day $(ARGS)

flower: setup $(FLOWER)/ready ## Install Flower into an environment of its own, .venv/flower, and run its tests
	@$(BIN)/pytest tests/infra/flower

lint: setup ## Check style, types, imports, dependencies and prose
	@PRE_COMMIT_HOME=.venv/pre-commit $(BIN)/pre-commit run --all-files

docs: setup ## Build the documentation into site/; offline, warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

sbom: setup $(TOOLS) ## Write sbom.json: every dependency with version and licence (CycloneDX)
	@$(TOOLS)/bin/cyclonedx-py environment --output-format JSON --output-file sbom.json $(BIN)/python

audit: setup $(TOOLS) ## Ask for known vulnerabilities of the locked dependencies; says so where nobody answers
	@rm -f audit.json
	-@$(TOOLS)/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip --progress-spinner off \
		--format json --output audit.json >/dev/null 2>&1
	@$(BIN)/python infra/audit.py audit.json

# Sees what .venv has, and adds what the servers of infra/ need.
$(INTEGRATION): infra/requirements.txt
	@$(PYTHON) -m venv --without-pip $(INTEGRATION)
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> "$$($(INTEGRATION)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
	@$(BIN)/python -m pip --python $(INTEGRATION)/bin/python install -q -c requirements.lock \
		-r infra/requirements.txt 'moto[server]>=5.1,<6' 'kubernetes-validate>=1.34'
	@touch $(INTEGRATION)

$(TOOLS):
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install -q 'cyclonedx-bom>=7.5,<8' 'pip-audit>=2.10,<3'

$(FLOWER)/ready: infra/flower/requirements.lock
	@echo "Installing Flower into $(FLOWER) (a few minutes, once)"
	@$(FLOWER)/bin/python -c 'pass' 2>/dev/null || $(PYTHON) -m venv --clear $(FLOWER)
	@$(FLOWER)/bin/python -m pip install -q -r infra/flower/requirements.lock
	@$(FLOWER)/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(FLOWER)/bin/python -m pip check
	@touch $(FLOWER)/ready

setup: $(READY) ## Create .venv and install the locked dependencies, unless that is done

$(READY): requirements.lock pyproject.toml
	@$(or $(PYTHON),false) -c '$(NEW_ENOUGH)' 2>/dev/null || \
		{ echo "No Python 3.11 or later found: install one, or name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make environments: install its venv module (Debian: python3-venv)"; exit 1; }
	@echo "Installing the locked dependencies into .venv (a few minutes, once)"
	@$(BIN)/python -c 'pass' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check
	@touch $(READY)

clean: ## Remove .venv and caches; data, models and runs stay
	@rm -rf .venv site .coverage* *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(MODULES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
