# The face of the project. `make book` and `make test` do their own set-up.
PYTHON ?= python3
VENV ?= .venv
PROFILE ?= quick

IN := $(VENV)/bin
COMPANION := $(IN)/python -m companion.command --profile $(PROFILE)
# The sources of this folder, whatever is installed.
export PYTHONPATH := $(CURDIR)/src

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book test check certify baseline mutants new lock lint clean

help:
	@echo "make book [PROFILE=quick|full]       run the notebooks, check every claim, build the site"
	@echo "make test                            the whole test suite, notebooks and claims included"
	@echo "make check                           the tests that need no notebook and no browser"
	@echo "make new NAME=lemma-13               lay down a chapter that passes as it stands"
	@echo "make baseline [CLAIMS='id ...']      take the measured values as the claims' baselines"
	@echo "make certify                         prove the certificates anew; goes on where it was killed"
	@echo "make mutants                         break forty operators, one at a time: the tests must see it"
	@echo "make lint | lock | clean             style; new hashed lock; remove what was built"

# -- the environment ------------------------------------------------------------------------------
$(VENV)/.made: requirements.lock pyproject.toml
	@$(PYTHON) -I src/companion/venv.py $(VENV)

# -- the work: each line is one command, and the command knows what has to be done ----------------
book: $(VENV)/.made
	@$(COMPANION) build

test: $(VENV)/.made
	@$(IN)/python -m pytest $(PYTEST)

check: $(VENV)/.made
	@$(IN)/python -m pytest -m "not notebooks and not browser and not slow" $(PYTEST)

mutants: $(VENV)/.made
	@$(IN)/python tests/mutants.py

certify: $(VENV)/.made
	@$(COMPANION) certify

baseline: $(VENV)/.made
	@$(COMPANION) baseline $(CLAIMS)

new: $(VENV)/.made
	@$(COMPANION) new $(NAME)

lint: $(VENV)/.made
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .

# Hashes without hosts: pip compile's output names no index.
lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	@rm -rf _build $(VENV) $(VENV).old
