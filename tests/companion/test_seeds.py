"""The book at other root seeds: what fails there is named, what was run is not run again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from miniature import WORK
from scipy import stats

from companion import pages, seeds
from companion.seeds import Margins, Table, below_zero


def shifted(by):
    return WORK.replace("size.n**0.5", f"size.n**0.5 + {by}")


NUMBERS = st.lists(st.floats(-5, 5), min_size=3, max_size=20)


@given(NUMBERS, st.floats(0.01, 100))
def test_the_odds_are_students_predictive_tail_in_any_unit(values, unit):
    n, mean, s = len(values), np.mean(values), np.std(values, ddof=1)
    if s < 1e-6:
        return
    expected = stats.t(n - 1).cdf(-mean / (s * math.sqrt(1 + 1 / n)))
    assert below_zero(values) == pytest.approx(expected, rel=1e-9)
    assert below_zero(np.multiply(values, unit)) == pytest.approx(below_zero(values), rel=1e-6)


def test_one_more_number_falls_below_zero_as_often_as_was_said():
    """Over fresh normal samples the odds said and the share seen agree, with a control."""
    rng, tries = np.random.default_rng(1), 20_000
    sample = rng.normal(2.0, 1.0, (tries, 20))
    said = np.array([below_zero(x) for x in sample[:2000]])
    # The share of a further number that lies where the odds of it are at most 5 %.
    further = rng.normal(0.0, 1.0, (2, tries))
    edge = stats.t(19).ppf(0.05) * math.sqrt(1 + 1 / 20)
    spread = sample.std(axis=1, ddof=1)
    below = further[0] < sample.mean(axis=1) - 2.0 + edge * spread
    error = math.sqrt(0.05 * 0.95 / tries)
    assert abs(below.mean() - 0.05) < 4.5 * error
    too_near = further[1] < sample.mean(axis=1) - 2.0 + stats.norm.ppf(0.05) * spread
    assert abs(too_near.mean() - 0.05) > 4.5 * error  # as if the spread were known
    assert 0.5 * stats.norm.cdf(-2) < said.mean() < 3 * stats.norm.cdf(-2)


def test_what_never_moves_is_exact():
    assert below_zero([0.5] * 20) == 0.0 and below_zero([-0.5] * 20) == 1.0
    assert not Margins([1.0, 1.0], [2.0, 2.0]).sampled
    assert Margins([1.0, 1.0], [2.0, 3.0]).sampled
    assert Margins([0.0, -1.0, 1.0], [1.0, 1.0, 0.0]).failed == 2


def test_the_table_comes_back_as_it_was_written_to_four_digits(tmp_path, monkeypatch):
    monkeypatch.setattr("companion.paths.BASELINES", tmp_path)
    table = Table(
        [1, 2], {"tiny": "ab"}, {"tiny": 3}, {"tiny.root": Margins([0.1, 0.25], [1.0, 2.0])}
    )
    seeds._write("quick", table)
    assert seeds.read("quick") == table
    assert seeds.read("full") == Table()
    said = pages.other_seeds(table, {"tiny": "ab"})
    assert "| 3 | 1 | 0 |" in said and "as now" in said
    assert "older" in pages.other_seeds(table, {"tiny": "cd"})


@pytest.fixture
def drawn(project):
    """The miniature, whose claim fails where the root seed is odd."""
    project.notebook("tiny", shifted("(seed % 2) + 0.01 * seed"))
    return project


def test_a_claim_that_fails_at_a_seed_is_named_and_nothing_is_run_twice(drawn):
    done = drawn.make("seeds", "ROOTS=2 4")
    assert done.returncode == 0, done.stderr
    assert "every claim held at 2 root seeds" in done.stdout
    done = drawn.make("seeds", "ROOTS=2 3 4")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "claim tiny.root fails at 1 of 3 roots: 3" in done.stderr
    done = drawn.make("seeds", "ROOTS=2 3 4 5", "NAME=tiny")
    assert "claim tiny.root fails at 2 of 4 roots: 3, 5" in done.stderr
    assert done.stdout.count("ran ") == 1 and "seed 5 " in done.stdout
    assert not (drawn.folder / "baselines" / "seeds-quick.json").exists()


def test_a_chapter_that_is_not_there_is_named(drawn):
    done = drawn.make("seeds", "NAME=tinny")
    assert done.stderr.startswith("companion: NAME: got 'tinny', must be one of tiny\n")


def test_a_notebook_that_breaks_at_a_seed_is_named_and_the_others_still_run(drawn):
    drawn.notebook("tiny", shifted("0.01 / (seed - 3)"))
    done = drawn.make("seeds", "ROOTS=3 4")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "seed 3: tiny: cell cell-2 raised ZeroDivisionError" in done.stderr
    assert (drawn.folder / "_build/seeds/quick/4/tiny.ipynb").exists()


@pytest.mark.parametrize("content", [b"\xff", b"[]", b'{"code": {"lemma-09": "x"}, "exact": {}}'])
def test_a_table_that_is_none_or_half_of_one_is_named(tmp_path, monkeypatch, content):
    monkeypatch.setattr(seeds.paths, "BASELINES", tmp_path)
    (tmp_path / "seeds-quick.json").write_bytes(content)
    with pytest.raises(seeds.Broken, match="must be what `make seeds` wrote"):
        seeds.read("quick")
