"""Every Python that the project claims to run on reads its code without a warning.

What is asked of the running Python is asked of each other one that is found on this machine. A
warning matters: an invalid escape is a box of warnings on a page, and one day an error.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from companion import paths, records, syntax

ROOT = Path(__file__).resolve().parents[1]
CLAIMED = range(11, 15)  # python3.11 to python3.14
HOMES = ("src", "notebooks", "tests")

# Reads {name: code} and prints what a compiler with warnings as errors has against it.
COMPILE = """
import json, sys
for name, code in json.load(sys.stdin).items():
    try:
        compile(code, name, "exec")
    except Exception as error:
        print(name, type(error).__name__, error)
"""


def code():
    """{name: code} of every module and every notebook's code cell, without IPython's magics."""
    found = {}
    for path in (path for home in HOMES for path in sorted((ROOT / home).rglob("*.py"))):
        found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                name = f"{path.relative_to(ROOT).as_posix()} cell {cell['id']}"
                found[name] = syntax.python("".join(cell["source"]))[0]
    return found


def pythons():
    """The running Python, and every other one that is claimed and found."""
    found = {f"3.{sys.version_info.minor}": sys.executable}
    for minor in CLAIMED:
        for home in (None, *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin")):
            path = shutil.which(f"python3.{minor}", path=home and str(home))
            if (
                path
                and subprocess.run([path, "-V"], capture_output=True, check=False).returncode == 0
            ):
                found.setdefault(f"3.{minor}", path)
    return found


@pytest.mark.parametrize(("version", "python"), pythons().items(), ids=pythons())
def test_every_module_and_every_cell_compiles_without_a_warning(version, python):
    command = [python, "-I", "-W", "error", "-c", COMPILE]
    done = subprocess.run(
        command, input=json.dumps(code()), capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def test_a_warning_is_seen():
    """The control: an invalid escape, as a cell of lemma-12 once had."""
    command = [sys.executable, "-I", "-W", "error", "-c", COMPILE]
    given = json.dumps({"cell": 'label = "$\\mu$"'})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cell SyntaxError"), done


# A first cell: it cannot come before the kernel, whose own start has warnings.
STRICT = "import warnings; warnings.simplefilter('error')"


def with_the_lock(version, python):
    """The interpreter of an environment of this Python: another than ours has one of its own."""
    if python == sys.executable:
        return python
    folder = ROOT / "_build" / "pythons" / version
    if not folder.exists() and not os.environ.get("REQUIRE_PYTHONS"):
        pytest.skip("has no environment here: REQUIRE_PYTHONS=1 makes one, in two minutes")
    command = [python, "-I", "src/companion/venv.py", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "python"


@pytest.mark.slow
@pytest.mark.notebooks
@pytest.mark.xdist_group("book")
@pytest.mark.parametrize(("version", "python"), pythons().items(), ids=pythons())
def test_a_notebook_gives_the_same_numbers_and_no_warning(version, python, built, tmp_path):
    name, target = "lemma-08", tmp_path / "executed.ipynb"
    command = [with_the_lock(version, python), ROOT / "tests" / "execute.py", paths.notebook(name)]
    done = subprocess.run(
        [*command, paths.NOTEBOOKS, target, STRICT],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    executed = json.loads(target.read_text())
    outputs = [o for cell in executed["cells"] for o in cell.get("outputs", ())]
    assert [o["text"] for o in outputs if o.get("name") == "stderr"] == []
    assert paths.executed("quick", name).exists(), built.said
    wanted = records.read(json.loads(paths.executed("quick", name).read_text()))
    found = records.read(executed)
    assert [one["claim"] for one in found] == [one["claim"] for one in wanted] != []
    for one, other in zip(found, wanted, strict=True):  # sum() rounds better since Python 3.12
        for part in ("value", "control"):
            assert one[part] == pytest.approx(other[part], rel=1e-9, abs=1e-12), one["claim"]


def test_the_maker_of_the_environment_is_read_by_older_pythons_too():
    """So that they can be told that they are too old."""
    for home in sorted(Path.home().glob(".pyenv/versions/3.[6-9].*/bin")):
        maker = ROOT / "src" / "companion" / "venv.py"
        done = subprocess.run([home / "python", "-I", maker, "x"], capture_output=True, check=False)
        assert done.returncode and b"must be 3.11 or later" in done.stderr


# -- the hooks -------------------------------------------------------------------------------------

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A copy of what the hooks look at."""
    folder = tmp_path_factory.mktemp("clean")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for home in HOMES:
        unseen = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / home, folder / home, ignore=unseen)
    return folder


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_leaves_a_clean_tree_as_it_is(hook, clean):
    kinds = {"python": ".py", "jupyter": ".ipynb"}
    endings = {kinds[kind] for kind in hook.get("types_or", hook.get("types"))}
    files = sorted(p for p in clean.rglob("*") if p.suffix in endings)
    before = {path: path.read_bytes() for path in files}
    tool, *words = hook["entry"].split()
    assert tool.startswith(".venv/bin/")  # as the environment is, wherever the tests run
    command = [Path(sys.prefix, "bin", Path(tool).name), *words, *files]
    done = subprocess.run(command, cwd=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [p.name for p in files if p.read_bytes() != before[p]] == []


def test_the_linter_reads_notebooks_and_knows_invalid_escapes(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "notebooks").mkdir()
    (cell,) = [{"cell_type": "code", "source": 'label = "$\\mu$"', "metadata": {}}]
    cell |= {"outputs": [], "execution_count": None, "id": "one"}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (tmp_path / "notebooks" / "one.ipynb").write_text(text)
    ruff = Path(sys.prefix, "bin", "ruff")
    done = subprocess.run(
        [ruff, "check", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "W605" in done.stdout, done.stdout


def test_warnings_as_errors_make_no_evidence_stale():
    """Results are hashed by syntax trees; a warning of the compiler must not change them."""
    ask = "from companion import syntax; print(syntax.bare('label = \"$\\\\mu$\"'))"
    trees = {
        subprocess.run(
            [sys.executable, "-W", how, "-c", ask],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for how in ("ignore", "error::SyntaxWarning", "error::DeprecationWarning")
    }
    assert len(trees) == 1 and trees.pop().startswith("Module(")
