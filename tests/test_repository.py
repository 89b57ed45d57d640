"""What the repository promises about itself."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

import ddpm_gmm
from companion import contract, evidence, pages, syntax
from companion.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHECKS = sorted((ROOT / "notebooks" / "checks").glob("*.ipynb"))  # the checks behind a chapter
MODULES = sorted((ROOT / "notebooks").glob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements():
    """Every requirement of pyproject.toml, {name: specifiers}."""
    project = PYPROJECT["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    found = {r.name: r.specifier for r in map(Requirement, lines)}
    del found[project["name"]]  # one extra may ask for another
    return found


def locked(name):
    """The lines of a lock, {package: [pin, ...]}; more than one where Python decides."""
    found = {}
    for pin in re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / name).read_text(), flags=re.M):
        found.setdefault(pin.partition("==")[0], []).append(pin.strip())
    return found


def test_environment_yml_has_the_project_jupyterlab_and_the_versions_of_the_locks():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in listed if isinstance(entry, dict))
    assert listed[:-1] == ["python=3.11", "make", "pip"], "pip brings all else, as in the lock"
    assert "3.11" in Requirement("python" + PYPROJECT["project"]["requires-python"]).specifier
    *pins, project = pip
    assert project == "-e ."
    wanted = locked("requirements-lab.lock") | locked("requirements.lock")
    names = [*requirements(), "jupyterlab"]
    assert sorted(pins) == sorted(pin for name in names for pin in wanted[name]), "make lock"


def test_environment_yml_is_as_make_lock_writes_it(tmp_path):
    again = tmp_path / "environment.yml"
    subprocess.run([sys.executable, ROOT / ".ci" / "pins.py", again], check=True)
    assert again.read_text() == (ROOT / "environment.yml").read_text(), "make lock"


def test_the_lock_of_jupyterlab_only_adds():
    """`make lab` installs it into the same environment, which must stay what it was."""
    base, lab = locked("requirements.lock"), locked("requirements-lab.lock")
    assert "jupyterlab" in lab and "nbconvert" in lab
    differ = {
        name for name in base.keys() & lab.keys() if versions(base[name]) != versions(lab[name])
    }
    assert not differ, "make lock"


def versions(pins):
    return {pin.partition(";")[0].strip() for pin in pins}


def test_make_lock_says_what_it_needs():
    command = ["make", "lock", "UV=no-such-uv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        "make: lock: needs uv, and finds no no-such-uv: pip install uv"
    )


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-lab.lock"])
def test_the_lock_has_hashes_and_names_no_host(name):
    text = (ROOT / name).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = [block for block in re.split(r"\n(?=\S)", text.strip())]
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def test_the_lock_satisfies_pyproject():
    text = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.M))
    for name, specifier in requirements().items():
        assert name in pinned, f"{name} is not locked: make lock"
        assert pinned[name] in specifier, f"{name} {pinned[name]} is locked: make lock"


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def named(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_notebook_is_committed_without_outputs(path):
    code = [cell for cell in cells_of(path) if cell.cell_type == "code"]
    run = [cell.id for cell in code if cell.outputs or cell.execution_count is not None]
    assert not run, (
        f"{named(path)}: cells {', '.join(run)} have outputs, must have none: "
        f".venv/bin/nbstripout --keep-id {named(path)}"
    )


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_cells_are_called_after_their_chapter(path):
    strange = [cell.id for cell in cells_of(path) if not cell.id.startswith(f"{path.stem}-")]
    assert not strange, (
        f"{named(path)}: got cells with the ids {', '.join(strange)}, must begin with "
        f"'{path.stem}-': a message names a cell by its id (nbstripout needs --keep-id)"
    )


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_notebook_has_one_parameters_cell(path):
    tagged = [c.source for c in cells_of(path) if "parameters" in c.metadata.get("tags", ())]
    assert len(tagged) == 1 and "profile" in tagged[0] and "seed" in tagged[0], (
        f"{named(path)}: got {len(tagged)} cells tagged 'parameters', must be one that sets "
        "profile and seed"
    )


HEADINGS = [
    "The statement",
    "Why it is true",
    "The exact check",
    "The sampled check",
    "Where it stops being true",
    "What this page claims",
    "Functions used",
]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_has_the_common_anatomy(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    cells = cells_of(path)
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert "{prf:theorem}" in text, (
        f"{named(path)}: states no theorem, must have a block :::{{prf:theorem}}"
    )
    found = [h for h in re.findall(r"^## (.+)$", text, flags=re.M) if h in HEADINGS]
    assert found == HEADINGS, (
        f"{named(path)}: got the headings {found}, must have each of these once, in this order: "
        f"{HEADINGS}"
    )
    assert any("mystnb" in c.metadata for c in cells), (
        f"{named(path)}: has no figure, must have a cell with caption and alt text: see the "
        "docstring of companion.figures"
    )
    faults = evidence.unlabelled(path.stem, cells)
    assert not faults, "\n".join(faults)


def home(name):
    """The module of our own that is called so, or None: the outside world's are its own matter."""
    first = name.partition(".")[0]
    ours = first in ("ddpm_gmm", "companion") or (ROOT / "notebooks" / f"{first}.py").exists()
    return importlib.import_module(name) if ours else None


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_what_a_notebook_imports_from_our_modules_is_there(path):
    cells = [syntax.python(c.source)[0] for c in cells_of(path) if c.cell_type == "code"]
    for node in (n for cell in cells for n in ast.walk(ast.parse(cell))):
        module = home(node.module) if isinstance(node, ast.ImportFrom) else None
        for alias in node.names if module else ():
            rooms = pkgutil.iter_modules(vars(module).get("__path__", []))
            known = {*dir(module), *(room.name for room in rooms)}
            assert alias.name in known, f"{path.name}: {node.module} has no {alias.name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_the_build_asks_of_a_notebook_before_it_runs(path):
    """Its cell of parameters, the ids in its text, and the sizes that a reader may change."""
    Sources("quick").check(path.stem)
    unsaid = [name for name, p in contract.parameters(path.stem).items() if not p.says]
    assert not unsaid, f"notebooks/{path.stem}.toml: reader: {unsaid} must say what each is"


def test_every_notebook_is_on_the_map_and_in_the_contents():
    names = {p.stem for p in NOTEBOOKS}
    contents = (ROOT / "_toc.yml").read_text()
    rows = tomllib.loads((ROOT / "book" / "map.toml").read_text())["row"]
    for file, found in (
        ("_toc.yml", set(re.findall(r"notebooks/(\S+)", contents))),
        ("book/map.toml", {n for row in rows for n in row.get("notebooks", ())}),
    ):
        missing, strange = sorted(names - found), sorted(found - names)
        assert not missing, f"{file}: must name {', '.join(missing)}"
        assert not strange, f"{file}: names {', '.join(strange)}, must be files of notebooks/"
    items = {c.item for c in contract.load().values()} - {r["item"] for r in rows}
    assert not items, f"book/map.toml: must have a row with the item {', '.join(sorted(items))}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_chapters_own_module_has_its_notebook_and_its_test(path):
    notebook = path.with_name(path.stem.replace("_", "-") + ".ipynb")
    assert notebook in NOTEBOOKS, f"{named(path)}: must lie beside {named(notebook)}"
    test = ROOT / "tests" / "notebooks" / f"test_{path.stem}.py"
    tested = test.exists() and re.search(rf"^(from|import) {path.stem}\b", test.read_text(), re.M)
    assert tested, f"{named(path)}: has no test, write {named(test)}, which imports {path.stem}"


INDEX = [
    "Theorem 1 (informal)",
    "Theorem 2 (informal)",
    "Lemma 3, Lemma 4",
    "Theorem 7",
    "Lemma 8",
    "Lemma 9",
    "Lemma 10",
    "Lemma 11",
    "Lemma 12",
    "Small separation",
    "Theorem 16",
    "Algorithm 1",
]


def test_the_map_has_a_row_for_each_item_of_the_papers_index():
    items = [row.item for row in pages.load_map()]
    assert set(INDEX) <= set(items) and len(items) == len(set(items))


def test_citation_names_the_companion_and_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == ddpm_gmm.__version__
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:2307.01178"


def test_there_is_one_version():
    """It stands in the package, where pyproject.toml reads it; two files of metadata repeat it."""
    assert "version" not in PYPROJECT["project"] and PYPROJECT["project"]["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "src/ddpm_gmm/__init__.py"
    assert f"## {ddpm_gmm.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_deposit_says_what_the_citation_says():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    deposit = json.loads((ROOT / ".zenodo.json").read_text())
    for key, other in (
        ("title", "title"),
        ("version", "version"),
        ("license", "license"),
        ("publication_date", "date-released"),
    ):
        assert deposit[key] == citation[other], key
    assert [c["name"] for c in deposit["creators"]] == [a["name"] for a in citation["authors"]]
    assert deposit["license"] == PYPROJECT["project"]["license"]


def test_every_reference_leads_somewhere():
    """By a DOI, a number of arXiv, or a link, each of its form."""
    forms = {"doi": r"10\.\d{4,}/\S+", "eprint": r"\d{4}\.\d{4,5}", "url": r"https://\S+"}
    text = (ROOT / "book" / "references.bib").read_text()
    for entry in re.split(r"^@", text, flags=re.M)[1:]:
        fields = dict(re.findall(r"^  (\w+) = \{(.*?)\},?$", entry, flags=re.M))
        led = {field: fields[field] for field in forms if field in fields}
        assert led, entry
        assert all(re.fullmatch(forms[field], value) for field, value in led.items()), led


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(words):
    ruff = Path(sys.prefix) / "bin" / "ruff"
    done = subprocess.run(
        [ruff, *words, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
