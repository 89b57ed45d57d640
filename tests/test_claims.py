"""The book builds, and each claim holds: one test a claim, by its id."""

from functools import cache
from pathlib import Path

import pytest

from companion import contract, rulings

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
