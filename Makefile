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
.PHONY: help book test check notebook lab certify baseline seeds mutants new archive lock lint clean

help:
	@echo "make book [PROFILE=quick|full]       run the notebooks, check every claim, build the site"
	@echo "make test                            the whole test suite, notebooks and claims included"
	@echo "make check                           the tests that need no notebook and no browser"
	@echo "make notebook NAME=lemma-09 [PARAMS='seed=3 d=64']  run one chapter with your own parameters"
	@echo "make lab                             open the notebooks in JupyterLab"
	@echo "make new NAME=lemma-13               lay down a chapter that passes as it stands"
	@echo "make baseline [CLAIMS='id ...']      take the measured values as the claims' baselines"
	@echo "make seeds [NAME=lemma-09] [ROOTS=7] run the book at twenty other root seeds; every claim must hold"
	@echo "make certify                         prove the certificates anew; goes on where it was killed"
	@echo "make mutants                         break forty operators, one at a time: the tests must see it"
	@echo "make archive                         pack site, executed notebooks, rulings, proofs and lock"
	@echo "make lint | lock | clean             style; new hashed locks; remove what was built"

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

notebook: $(VENV)/.made
	@$(COMPANION) notebook $(NAME) $(PARAMS)

# JupyterLab comes on demand and only adds: its lock agrees with the other wherever they meet.
lab: $(VENV)/.made
	@$(PYTHON) -I src/companion/venv.py $(VENV) requirements-lab.lock
	@PYTHONPATH="$(PYTHONPATH):$(CURDIR)/notebooks" $(IN)/python -m jupyterlab --notebook-dir=notebooks $(LAB)

certify: $(VENV)/.made
	@$(COMPANION) certify

baseline: $(VENV)/.made
	@$(COMPANION) baseline $(CLAIMS)

seeds: $(VENV)/.made
	@$(COMPANION) seeds $(addprefix --only=,$(NAME)) $(ROOTS)

new: $(VENV)/.made
	@$(COMPANION) new $(NAME)

lint: $(VENV)/.made
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .

# One file for whoever keeps it: what the book says, and all that it says it from.
ARCHIVE := _build/ddpm-gmm-companion.tar.gz
archive: book
	@tar -czf $(ARCHIVE) --exclude='*.failed.ipynb' --exclude='*.running.ipynb' \
	_build/html _build/run/$(PROFILE) _build/claims.json certificates baselines requirements.lock \
	.zenodo.json CITATION.cff LICENSE README.md
	@echo "$(ARCHIVE)"

# Hashes without hosts: pip compile's output names no index.
UV := uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	@command -v $(UV) >/dev/null || { echo "make: lock: needs uv, and finds no $(UV): pip install uv" >&2; exit 2; }
	@$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	@echo "jupyterlab>=4.4,<5" | $(COMPILE) -c requirements.lock - -o requirements-lab.lock
	@$(PYTHON) .ci/pins.py

clean:
	@rm -rf _build $(VENV) $(VENV).old
