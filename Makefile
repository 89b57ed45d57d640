# The face of the project. `make book` and `make test` do their own set-up.
# What a user may set, on the command line alone: in the environment these names are somebody else's.
PYTHON := python3
VENV := .venv
PROFILE := quick
NAME :=
PARAMS :=
TITLE :=
ITEM :=
CLAIMS :=
ROOTS :=
# These two are words of the shell: PYTEST="-k 'archive or venv'".
PYTEST :=
LAB :=
# The others reach a command as they were typed, by its environment: neither make nor a shell reads them.
TYPED := PYTHON VENV PROFILE NAME PARAMS TITLE ITEM CLAIMS ROOTS
$(foreach v,$(TYPED),$(eval override $v := $$(value $v)))
$(foreach v,PYTHON VENV,$(eval override $v := $$(patsubst ~/%,$$(HOME)/%,$$($v))))
export $(TYPED)
.SHELLFLAGS := -fc

IN := "$$VENV"/bin
COMPANION := $(IN)/python -m companion_command --profile="$$PROFILE"
# Of a user's variables for Python only those pass that say where files may lie; make's own stay here.
PASSED := PYTHONUSERBASE PYTHONNOUSERSITE PYTHONPYCACHEPREFIX PYTHONDONTWRITEBYTECODE
unexport $(filter-out PYTHON $(PASSED),$(filter PYTHON%,$(.VARIABLES))) MAKEFLAGS
# The sources of this folder, whatever is installed.
export PYTHONPATH := $(CURDIR)/src

.DEFAULT_GOAL := help
.PHONY: help environment book test check notebook lab certify baseline seeds mutants new archive lock lint clean

help:
	@echo "make book [PROFILE=quick|full]       run the notebooks, check every claim, build the site"
	@echo "make test                            the whole test suite, notebooks and claims included"
	@echo "make check                           the tests that need no notebook and no browser"
	@echo "make notebook NAME=lemma-09 [PARAMS='seed=3 d=64']  run one chapter with your own parameters"
	@echo "make lab                             open the notebooks in JupyterLab"
	@echo "make new NAME=lemma-13 [TITLE='...'] [ITEM='Lemma 13']  lay down a chapter that passes as it stands"
	@echo "make baseline [CLAIMS='id ...']      take the measured values as the claims' baselines"
	@echo "make seeds [NAME=lemma-09] [ROOTS=7] run the book at twenty other root seeds; every claim must hold"
	@echo "make certify                         prove the certificates anew; goes on where it was killed"
	@echo "make mutants                         break forty operators, one at a time: the tests must see it"
	@echo "make archive                         pack site, executed notebooks, rulings, proofs and lock"
	@echo "make lint | lock | clean             style; new hashed locks; remove what was built"

# -- the environment ------------------------------------------------------------------------------
# It compares what is installed with the lock, and is done at once where they agree.
environment:
	@test "$$("$$PYTHON" -I -c "print(11)" 2>/dev/null)" = 11 || { echo "make: PYTHON: got '$$PYTHON', must be a Python, 3.11 or later" >&2; exit 2; }
	@"$$PYTHON" -I src/companion/venv.py "$$VENV"

# -- the work: each line is one command, and the command knows what has to be done ----------------
book: environment
	@$(COMPANION) build

test: environment
	@$(IN)/python -m pytest $(PYTEST)

check: environment
	@$(IN)/python -m pytest -m "not notebooks and not browser and not slow" $(PYTEST)

mutants: environment
	@$(IN)/python tests/mutants.py

notebook: environment
	@$(COMPANION) notebook -- "$$NAME" $$PARAMS

# JupyterLab comes on demand and only adds: its lock agrees with the other wherever they meet.
lab: environment
	@"$$PYTHON" -I src/companion/venv.py "$$VENV" requirements-lab.lock
	@PYTHONPATH="$(PYTHONPATH):$(CURDIR)/notebooks" $(IN)/python -m jupyterlab --notebook-dir=notebooks $(LAB)

certify: environment
	@$(COMPANION) certify

baseline: environment
	@$(COMPANION) baseline -- $$CLAIMS

seeds: environment
	@$(COMPANION) seeds $${NAME:+--only="$$NAME"} -- $$ROOTS

new: environment
	@$(COMPANION) new $${TITLE:+--title="$$TITLE"} $${ITEM:+--item="$$ITEM"} -- "$$NAME"

lint: environment
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .

# One file for whoever keeps it: what the book says, and all that it says it from.
archive: book
	@$(COMPANION) archive

# Hashes without hosts: pip compile's output names no index.
UV := uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	@command -v $(UV) >/dev/null || { echo "make: lock: needs uv, and finds no $(UV): pip install uv" >&2; exit 2; }
	@$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	@echo "jupyterlab>=4.4,<5" | $(COMPILE) -c requirements.lock - -o requirements-lab.lock
	@"$$PYTHON" .ci/pins.py

clean:
	@rm -rf _build
	@for made in "$$VENV" "$$VENV.old"; do \
	if test -e "$$made/.locked" || test -e "$$made/.making"; then rm -rf "$$made"; \
	elif test -e "$$made"; then echo "make: VENV: got '$$made', must be an environment that make made: it stays" >&2; exit 2; \
	fi; done
