# `make demo` and `make test` need Python 3.11 or newer and make; they set everything else up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo serve test check bench format clean

demo: $(VENV)/.demo
	@$(BIN)/minett demo --allow-unsandboxed-open-data

serve: $(VENV)/.demo
	@$(BIN)/minett serve

test: $(VENV)/.dev
	@$(BIN)/pytest -q -n 2 --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy minett tests benchmarks tools
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/translations.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/minett pack check packs/luxembourg packs/example-antenna
	$(BIN)/python tools/reference.py --check

bench: $(VENV)/.dev
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The package is installed in place; its translations are compiled into the tree.
$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up: installing what the demonstration needs, from a lock with hashes."
	@$(BIN)/pip install -q --require-hashes -r requirements/demo.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@$(BIN)/minett translations
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up: installing what development and tests need, from a lock with hashes."
	@$(BIN)/pip install -q --require-hashes -r requirements/dev.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@$(BIN)/minett translations
	@touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Minett needs Python 3.11, 3.12 or 3.13.")'
	@$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) var
