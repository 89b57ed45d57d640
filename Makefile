# The face of the project. `make book` and `make test` do their own set-up.
PYTHON ?= python3
VENV ?= .venv
PROFILE ?= quick
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)

RUN := _build/run/$(PROFILE)
# The longest first, so that none of them is left to run alone at the end.
LONG := theorem-02 real-data random-start-k generation
NAMES := $(patsubst notebooks/%.ipynb,%,$(wildcard notebooks/*.ipynb))
NOTEBOOKS := $(patsubst %,$(RUN)/%.ipynb,$(filter $(NAMES),$(LONG)) $(filter-out $(LONG),$(NAMES)))
IN := $(VENV)/bin
COMPANION := $(IN)/python -m companion.command --profile $(PROFILE)

# The sources of this folder, whatever is installed; one thread a notebook, for they run in parallel.
export PYTHONPATH := $(CURDIR)/src
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# Arrays of a megabyte are made by the thousand: glibc shall keep their memory and not fetch it anew.
export MALLOC_MMAP_THRESHOLD_ := 268435456
export MALLOC_TRIM_THRESHOLD_ := 536870912
# Without this, debugpy prints a line of noise for every kernel.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book test certify baseline lock lint clean notebooks-run

help:
	@echo "make book [PROFILE=quick|full]       run the notebooks, check every claim, build the site"
	@echo "make test                            the whole test suite, notebooks and claims included"
	@echo "make certify                         prove the certificates anew; goes on where it was killed"
	@echo "make baseline [CLAIMS='id ...']      take the measured values as the claims' baselines"
	@echo "make lint | lock | clean             style; new hashed lock; remove what was built"

# -- the environment ------------------------------------------------------------------------------
# pip checks every hash; the project itself is installed by the pinned backend, with no isolation.
PIP := $(IN)/python -m pip install -qq --disable-pip-version-check --no-deps
OLD := import sys; sys.version_info >= (3, 11) or sys.exit("make: PYTHON: got %d.%d, must be 3.11 or later" % sys.version_info[:2])

$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c '$(OLD)'
	@echo "making $(VENV) from requirements.lock"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.made: $(VENV)/.locked pyproject.toml
	@$(PIP) --no-build-isolation -e .
	@touch $@

# -- the book -------------------------------------------------------------------------------------
# Three passes: write down what everything comes from, let make run what is older than that in
# parallel, then rule and build. `companion inputs` touches an .inputs file only when it changes.
book: $(VENV)/.made
	@$(COMPANION) inputs
	@$(MAKE) --silent --no-print-directory --keep-going -j $(JOBS) notebooks-run || true
	@$(COMPANION) judge
	@$(MAKE) --silent --no-print-directory _build/html/index.html
	@$(COMPANION) report

notebooks-run: $(NOTEBOOKS)

$(RUN)/%.ipynb: $(RUN)/%.inputs
	@$(COMPANION) run $*

_build/html/index.html: _build/site.inputs
	@echo "building the site"
	@$(COMPANION) site

# -- the rest -------------------------------------------------------------------------------------
test: $(VENV)/.made
	@$(IN)/python -m pytest $(PYTEST)

certify: $(VENV)/.made
	@$(COMPANION) certify

baseline: $(VENV)/.made
	@$(COMPANION) inputs
	@$(MAKE) --silent --no-print-directory --keep-going -j $(JOBS) notebooks-run
	@$(COMPANION) baseline $(CLAIMS)

lint: $(VENV)/.made
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .

# Hashes without hosts: pip compile's output names no index.
lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	@rm -rf _build $(VENV)
