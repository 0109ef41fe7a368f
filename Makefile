# The commands of this project. A newcomer needs two: `make demo` and `make test`.
# Each installs what it needs first; what is already there is not touched again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

PY := .venv/bin/python
BENCHES = $(sort $(shell grep -l '^from bench.run import begin' bench/*.py 2>/dev/null | xargs -r -n1 basename -s .py))

.PHONY: help
help: ## this list
	@echo "Holdfast: print release that keeps working when the WAN does not."
	@echo
	@grep -hE '^[a-zA-Z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-zA-Z%-]+):.*## /\1\t/' \
		| awk -F '\t' '{ printf "  make %-11s %s\n", $$1, $$2 }'
	@echo
	@echo "To begin again from nothing: rm -rf .venv .tools"

.PHONY: demo
demo: tools ## run the main job: print, cut the WAN, go on printing, heal
	@$(PY) -m chaos.scenarios.main_job

.PHONY: test
test: tools ## run every test, on up to 4 cores at once
	@echo "==> Tests (real servers are started; a dot per test)"
	@$(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

.PHONY: check
check: setup ## check format, lint, types, direction of imports, coverage of the decisions
	@echo "==> Format (ruff)"
	@$(PY) -m ruff format --check .
	@echo "==> Lint (ruff)"
	@$(PY) -m ruff check .
	@echo "==> Types (mypy; half a minute the first time)"
	@$(PY) -m mypy
	@echo "==> Direction of imports (import-linter)"
	@.venv/bin/lint-imports
	@echo "==> Every branch of failure_modes, by its own unit tests"
	@$(PY) -m pytest -q tests/unit/failure_modes \
		--cov=failure_modes --cov-branch --cov-report=term-missing --cov-fail-under=100

.PHONY: fix
fix: setup ## repair what a machine can: format, imports, simple lint
	@echo "==> Format and simple lint (ruff)"
	@$(PY) -m ruff check --fix --exit-zero --quiet .
	@$(PY) -m ruff format .

.PHONY: docs
docs: setup ## write the pages of docs/ that are made from the code
	@$(PY) -m docs.generate

.PHONY: tools
tools: setup ## install the programs beside Python into .tools
	@$(PY) -m tools

SEED ?= 1
SITES ?= 3
HOURS ?= 1
MINUTES ?= 60

.PHONY: sim
sim: tools ## simulate a company with faults: make sim SEED=1 SITES=3 HOURS=1
	@$(PY) -m chaos.seeds --seed $(SEED) --sites $(SITES) --hours $(HOURS) --shrink

.PHONY: sim-night
sim-night: tools ## as many seeds as fit on all cores: make sim-night MINUTES=60
	@$(PY) -m chaos.seeds --seed $(SEED) --sites $(SITES) --hours $(HOURS) --minutes $(MINUTES)

PEOPLE ?= 5000
VISITS ?= 1500
SECONDS ?= 300

.PHONY: day
day: tools ## a working day of a company with three outages: make day SITES=20 SEED=1
	@$(PY) -m chaos.day --seed $(SEED) --sites $(if $(filter file,$(origin SITES)),20,$(SITES)) \
		--people $(PEOPLE) --visits $(VISITS) --seconds $(SECONDS)

.PHONY: live
live: tools ## faults against real processes, with a report: make live NAME=wan-cut; LIST=1 lists all
	@$(PY) -m chaos.live_scenarios $(NAME) $(ONLY) $(if $(LIST),--list) $(if $(REPORT),--report $(REPORT))

.PHONY: mutants
mutants: tools ## plant known-bad variants of the code; each must be noticed: make mutants
	@$(PY) -m chaos.mutants

.PHONY: bench
bench: $(addprefix bench-,$(BENCHES)) ## measure every figure against its peer

bench-%: tools ## measure one figure: make bench-NAME (KEEP=1 keeps it for the trend)
	@echo "==> Bench $*"
	@$(PY) -m bench.$(subst -,_,$*) $(if $(KEEP),--keep)

.PHONY: bench-docs
bench-docs: setup ## write the table and plots of docs/benchmarks.md from the kept runs
	@$(PY) -m docs.page_benchmarks

.PHONY: clean
clean: ## remove what tests, demo and builds left (keeps .venv and .tools)
	@echo "==> Removing caches and leftovers"
	@rm -rf .demo .live .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.coverage .coverage.* build dist
	@find . \( -name .venv -o -name .tools -o -name .git \) -prune -o -name __pycache__ -type d -print0 \
		| xargs -0 -r rm -rf

.PHONY: setup
setup:
	@for candidate in $${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$candidate" -m tools.setup; \
		fi; \
	done; \
	echo "make setup: Python 3.11 or newer is needed. As root, run:" >&2; \
	echo "    apt-get install -y --no-install-recommends python3 python3-venv" >&2; \
	exit 1
