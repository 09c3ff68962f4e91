# One environment per goal: `report` installs what a run needs; `test`, `bench` and `lab` add their group.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
YEAR ?= 2021
export UV_COMPILE_BYTECODE = 1

# A worker for each core. Compiled modules are kept: the suite starts dozens of processes.
PYTEST := $(BIN)/python -m pytest -n logical
test quick coverage: export PYTHONDONTWRITEBYTECODE =

.PHONY: report test quick lab lint types coverage bench fair221 api notebooks locks

report: $(VENV)/.run
	@$(BIN)/fairlib run params/$(YEAR).yaml

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(PYTEST)

# The everyday loop: no browser, no notebook, no run of the chain. What grew slow is named at its end.
quick: $(VENV)/.test
	$(BIN)/ruff check .
	$(PYTEST) -m "not slow" --durations=5 --durations-min=1 tests fairlib

# Lines that no test reaches; those that drawing processes run count, those of kernels do not.
coverage: $(VENV)/.test
	$(BIN)/coverage run -m pytest -n logical
	$(BIN)/coverage combine -q
	$(BIN)/coverage report -m --skip-covered

# make lab LAB="--no-browser --port 9000" hands options on.
lab: $(VENV)/.lab
	$(BIN)/fairlib lab $(LAB)

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.test
	$(BIN)/python -m mypy

bench: $(VENV)/.test
	for b in benchmarks/[a-z]*.py; do $(BIN)/python $$b; done

# Hours on all processors; stopped, it goes on where it was.
fair221: $(VENV)/.test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/fair221

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
