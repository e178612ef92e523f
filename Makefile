# Needs Python 3.11 to 3.13, make and the package index; uv is used where it is installed.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
UV := $(shell command -v uv 2>/dev/null)
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
DATA ?= ../shared/data

unexport PYTHONDONTWRITEBYTECODE
export OMP_WAIT_POLICY = passive

.PHONY: run test check format hazards bench bench-skill bench-real bench-storms bench-drift bench-serve lock clean

run: $(STAMP)  ## set everything up and show the whole chain on the simulated province
	$(BIN)/haidang demo

test: $(STAMP)  ## run all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(STAMP)  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hazards: $(STAMP)  ## write the table of hazards into the README
	$(BIN)/python -m haidang.views.hazard_table README.md

bench: $(STAMP)  ## time simulation, training, issues, oracles and `ask`, and print the figures
	$(BIN)/python -m haidang.benchmarks.speed

bench-skill: $(STAMP)  ## write the table of skill of every hazard into var/bench-skill; stopped, it goes on where it was
	$(BIN)/python -m haidang.benchmarks.skill $(ARGS)

bench-real: $(STAMP)  ## test the cases on real data in DATA, beside persistence and climatology, with verdicts
	$(BIN)/python -m haidang.benchmarks.real_cases $(DATA)

bench-storms: $(STAMP)  ## storms stronger than any of the record, beside the truth
	$(BIN)/python -m haidang.benchmarks.speed storms

bench-drift: $(STAMP)  ## alarms of drift without any, days until a bias is found, and what retraining brings
	$(BIN)/python -m haidang.benchmarks.drift $(ARGS)

bench-serve: $(STAMP)  ## how fast the service answers, starts and takes up what is new, beside its targets; takes ARGS
	$(BIN)/python -m haidang.benchmarks.serve $(ARGS)

lock:  ## resolve the dependencies anew; needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-annotate --no-header -q -o requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 to 3.13 was found: install one, or name it with PYTHON=..."; exit 1; }
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	touch $(STAMP)

clean:  ## remove what was built; deployments in var/ stay
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .import_linter_cache
