# Every task of a developer; `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
FRONTEND_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/live.html \
	frontend/vite.config.ts frontend/tsconfig.json -type f 2>/dev/null)

# A whole run: what fails runs once more, and says what it said at first (docs/adr/0034). Tests also
# wait for servers: four processes, or three with a browser, keep two cores busy.
WHOLE := --dist=loadfile --no-loadscope-reorder --reruns 1 \
	--rerun-show-tracebacks --max-suite-reruns 12

.PHONY: help run serve test test-python test-frontend e2e lint format bench reproduce frontend migrate \
	constraints clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.installed-run frontend/dist/index.html ## install what is missing, then serve on http://127.0.0.1:8000
	@exec $(BIN)/sonoloop serve

test: .venv/.installed-test frontend/dist/index.html browser pacs ## install what is missing, then run every test: Python, front end, browser
	@scripts/checks.sh \
		"$(BIN)/python -m pytest --ignore=tests/e2e --numprocesses=4 $(WHOLE)" \
		"scripts/frontend.sh run test:whole" \
		"$(BIN)/python -m pytest tests/e2e --numprocesses=3 $(WHOLE)"

test-python: .venv/.installed-test pacs ## only the Python tests without the browser; ARGS="tests/unit -k crop"
	@$(BIN)/python -m pytest --ignore=tests/e2e $(ARGS)

test-frontend: frontend/node_modules/.installed ## only the front end's own tests
	@scripts/frontend.sh run test

e2e: .venv/.installed-test frontend/dist/index.html browser ## only the browser tests
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

lint: .venv/.installed-test frontend/node_modules/.installed ## formatting, lint and types of both sides
	@scripts/checks.sh --at-once \
		"$(BIN)/ruff check . && $(BIN)/ruff format --check ." \
		"$(BIN)/mypy" \
		"scripts/frontend.sh run lint typecheck"

format: .venv/.installed-test frontend/node_modules/.installed ## mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@scripts/frontend.sh run format

bench: .venv/.installed-test frontend/dist/index.html ## the figures of docs/benchmarks.md, on an idle machine; MINUTES=30 of them load
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install "torch==2.13.0" --editable .[bench]
	@scripts/checks.sh \
		"$(BIN)/python -m bench.start" \
		"$(BIN)/python -m bench.crf" \
		"$(BIN)/python -m bench.stack" \
		"$(BIN)/python -m bench.http" \
		"$(BIN)/python -m bench.refine" \
		"$(BIN)/python -m bench.editor" \
		"$(BIN)/python -m bench.worklist" \
		"$(BIN)/python -m bench.training" \
		"$(BIN)/python -m bench.soak --minutes $(or $(MINUTES),30)"

reproduce: .venv/.installed-test ## the models and the comparison's table from the data, in hours; a run that was cut goes on
	@scripts/reproduce.sh

frontend: frontend/dist/index.html ## build the pages

migrate: .venv/.installed-run ## bring the database to this version's schema
	@$(BIN)/sonoloop migrate

constraints: ## pin what is installed in .venv now; run it in a fresh environment after `make test`
	@scripts/constraints.sh > constraints.txt.new && mv constraints.txt.new constraints.txt
	@$(BIN)/python scripts/hashes.py > requirements.lock.new && mv requirements.lock.new requirements.lock
	@$(BIN)/python scripts/hashes.py cpu > requirements-cpu.lock.new && mv requirements-cpu.lock.new requirements-cpu.lock
	@$(BIN)/python scripts/hashes.py openvino > requirements-openvino.lock.new && mv requirements-openvino.lock.new requirements-openvino.lock

clean: ## remove what is built; data and the environment stay
	@rm -rf build frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results

# Processes that the tests start share the compiled code of the first.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: browser pacs
browser:
	@scripts/browser.sh

pacs:
	@scripts/pacs.sh

# The stamps: install and build only what changed.
.venv/.installed-run: pyproject.toml constraints.txt requirements.lock
	@scripts/install.sh run

.venv/.installed-test: pyproject.toml constraints.txt requirements.lock
	@scripts/install.sh test
	@touch .venv/.installed-run

frontend/node_modules/.installed: frontend/package-lock.json | .venv/.installed-run
	@scripts/frontend.sh install

frontend/dist/index.html: frontend/node_modules/.installed $(FRONTEND_SOURCES)
	@echo "Building the pages …"
	@scripts/frontend.sh build
	@touch $@
