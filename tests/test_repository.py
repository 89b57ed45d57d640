"""What the repository promises about itself."""

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

from companion import contract, pages

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHECKS = sorted((ROOT / "notebooks" / "checks").glob("*.ipynb"))  # the checks behind a chapter
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements():
    """Every requirement of pyproject.toml, {name: specifiers}."""
    project = PYPROJECT["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    found = {r.name: r.specifier for r in map(Requirement, lines)}
    del found[project["name"]]  # one extra may ask for another
    return found


def test_environment_yml_is_in_step_with_pyproject():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    flat = chain(*([x] if isinstance(x, str) else x["pip"] for x in listed))
    found = {r.name: r.specifier for r in map(Requirement, flat)}
    python = found.pop("python")
    assert python == Requirement("python" + PYPROJECT["project"]["requires-python"]).specifier
    assert found.pop("make") == found.pop("pip") == Requirement("x").specifier
    assert found == requirements()


def test_the_lock_has_hashes_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = [block for block in re.split(r"\n(?=\S)", text.strip())]
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def test_the_lock_satisfies_pyproject():
    text = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.M))
    for name, specifier in requirements().items():
        assert name in pinned, f"{name} is not locked: make lock"
        assert pinned[name] in specifier, f"{name} {pinned[name]} is locked: make lock"


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_notebook_is_committed_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS + CHECKS, ids=lambda p: p.stem)
def test_notebook_has_one_parameters_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    tagged = [c.source for c in cells if "parameters" in c.metadata.get("tags", ())]
    assert len(tagged) == 1 and "profile" in tagged[0] and "seed" in tagged[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_has_the_common_anatomy(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert "{prf:theorem}" in text
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    wanted = [
        "The statement",
        "Why it is true",
        "The exact check",
        "The sampled check",
        "Where it stops being true",
        "What this page claims",
        "Functions used",
    ]
    assert [h for h in headings if h in wanted] == wanted
    figures = [c.metadata.mystnb for c in notebook.cells if "mystnb" in c.metadata]
    assert figures and all(f["figure"]["caption"] and f["image"]["alt"] for f in figures)


def test_every_notebook_is_on_the_map_and_in_the_contents():
    names = {p.stem for p in NOTEBOOKS}
    contents = (ROOT / "_toc.yml").read_text()
    assert names == set(re.findall(r"notebooks/(\S+)", contents))
    rows = tomllib.loads((ROOT / "book" / "map.toml").read_text())["row"]
    assert names == {n for row in rows for n in row.get("notebooks", ())}
    assert {c.item for c in contract.load().values()} <= {r["item"] for r in rows}


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
    assert citation["version"] == PYPROJECT["project"]["version"]
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:2307.01178"


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(words):
    ruff = Path(sys.prefix) / "bin" / "ruff"
    done = subprocess.run(
        [ruff, *words, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
