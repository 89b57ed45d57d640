"""The book builds, and each claim holds: one test a claim, by its id."""

from pathlib import Path

import pytest

from companion import contract, rulings

ROOT = Path(__file__).resolve().parents[1]


def test_the_book_builds(built):
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.mark.parametrize("id", contract.load())
def test_claim(id, built):
    path = ROOT / "_build" / "claims.json"
    assert path.exists(), built.stdout + built.stderr
    ruling = {r.id: r for r in rulings.Rulings.read(path).rulings}[id]
    assert ruling.fault is None, f"claim {id} {ruling.fault}"
    assert ruling.held and ruling.control_failed
