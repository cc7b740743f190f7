# Hallwatch. `make help` lists what there is. Needed: Python 3.11 or newer with venv, make, git.

PYTHON ?= python3
VENV := .venv
TEST_VENV := build/test-venv
BENCH := decision ingest latency alert page footprint snmp
PIP := -m pip --quiet --quiet --disable-pip-version-check
SOURCES := pyproject.toml README.md LICENSE $(shell find agent collector -type f -not -path '*/__pycache__/*')

export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help run test packages lint bench dashboards screenshots clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/installed ## run everything here: this machine for real, and a simulated hall (options: ARGS="--port 8081")
	@exec $(VENV)/bin/hallwatch demo $(ARGS)

test: packages $(TEST_VENV)/wheel-installed lint ## run all checks, and the tests against the built wheel
	$(TEST_VENV)/bin/pytest -n logical --dist loadfile --no-loadscope-reorder $(ARGS)

packages: ## install the Debian packages that the tests need, or say which
	@tests/packages.sh

lint: $(TEST_VENV)/wheel-installed ## run all checks but the tests
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/mypy
	$(TEST_VENV)/bin/mypy --platform win32 -p hallwatch_agent
	$(TEST_VENV)/bin/lint-imports
	$(TEST_VENV)/bin/hallwatch schema --check docs/wire
	$(TEST_VENV)/bin/hallwatch plan clauses --cases tests/halls --check docs/clauses.md
	$(TEST_VENV)/bin/python -m dashboards --check

bench: packages $(TEST_VENV)/wheel-installed ## measure: decision, ingest, latency, alert, page, footprint, snmp (one alone: BENCH=latency ARGS="--signs 50")
	@for each in $(BENCH); do \
		PYTHONPATH=tests:. $(TEST_VENV)/bin/python -m bench.$$each $(ARGS) || exit; \
	done

dashboards: $(TEST_VENV)/tools-installed ## write the Grafana dashboards anew (options: ARGS="--url https://hall.example.cn")
	$(TEST_VENV)/bin/python -m dashboards $(ARGS)

screenshots: packages $(TEST_VENV)/wheel-installed ## take the pictures of the READMEs from a running demo
	$(TEST_VENV)/bin/python docs/screenshots/take.py

clean: ## remove what make made; data/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The sources are used where they are, so only new dependencies need an installation.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer with venv is needed: apt-get install python3-venv, or make PYTHON=python3.12 …"; exit 1; }
	@echo "installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) install --upgrade pip
	@$(VENV)/bin/python $(PIP) install --editable '.[all]'
	@touch $@

$(TEST_VENV)/tools-installed: pyproject.toml
	$(PYTHON) -m venv $(TEST_VENV)
	@# Dependency groups need pip 25.1.
	$(TEST_VENV)/bin/python $(PIP) install --upgrade 'pip>=25.1'
	$(TEST_VENV)/bin/python $(PIP) install --group dev
	@touch $@

$(TEST_VENV)/wheel-installed: $(TEST_VENV)/tools-installed $(SOURCES)
	@rm -rf build/wheel
	$(TEST_VENV)/bin/python -m build --wheel --outdir build/wheel . >build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
	$(TEST_VENV)/bin/python $(PIP) install "$$(echo build/wheel/*.whl)[all,postgresql]"
	$(TEST_VENV)/bin/python $(PIP) install --force-reinstall --no-deps build/wheel/*.whl
	@touch $@
