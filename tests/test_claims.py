"""The book builds, and each claim holds: one test a claim, by its id."""

import json
from functools import cache
from pathlib import Path

import pytest

from companion import contract, paths, rulings

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("book")]


@cache
def ruled(said):
    path = ROOT / "_build" / "claims.json"
    assert path.exists(), said
    return {r.id: r for r in rulings.Rulings.read(path).rulings}


def test_the_book_builds(built):
    assert built.returncode == 0, built.said


@pytest.mark.parametrize("id", contract.load())
def test_claim(id, built):
    ruling = ruled(built.said)[id]
    assert ruling.fault is None, f"claim {id} {ruling.fault}"
    assert ruling.held and ruling.control_failed


@pytest.mark.parametrize("name", paths.notebooks())
def test_no_cell_of_a_chapter_warns(built, name):
    notebook = json.loads(paths.executed("quick", name).read_text(encoding="utf-8"))
    said = {
        cell["id"]: "".join(output["text"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if output.get("name") == "stderr"
    }
    assert not said, f"{built.said}\n{said}"
