# One environment per goal: `report` installs what a run needs; `test`, `bench` and `lab` add their group.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
YEAR ?= 2021
export UV_COMPILE_BYTECODE = 1

.PHONY: report test lab lint bench api notebooks locks

report: $(VENV)/.run
	@$(BIN)/fairlib run params/$(YEAR).yaml

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/python -m pytest

lab: $(VENV)/.lab
	$(BIN)/fairlib lab

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

bench: $(VENV)/.test
	for b in benchmarks/[a-z]*.py; do $(BIN)/python $$b; done

api: $(VENV)/.test
	$(BIN)/python tools/api.py
	$(BIN)/python tools/tables.py

notebooks: $(VENV)/.test
	$(BIN)/python tools/refresh_notebooks.py

# Install from a lock, with hashes, then the project itself. uv if it is there, else venv and pip.
ifdef UV
define install
@test -d $(VENV) || $(UV) venv -q --python $(PYTHON) $(VENV)
@VIRTUAL_ENV=$(VENV) $(UV) pip install -q --require-hashes -r $<
@VIRTUAL_ENV=$(VENV) $(UV) pip install -q --no-deps -e .
@touch $@
endef
else
define install
@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
@touch $@
endef
endif

$(VENV)/.run: requirements.lock pyproject.toml
	$(install)
$(VENV)/.test: requirements-test.lock pyproject.toml
	$(install)
$(VENV)/.lab: requirements-lab.lock pyproject.toml
	$(install)

LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
locks:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml -c requirements.lock --group test --group bench -o requirements-test.lock
	$(LOCK) pyproject.toml -c requirements.lock --group lab -o requirements-lab.lock
