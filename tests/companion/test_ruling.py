"""How a claim is judged: the bound, the control, the drift."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.contract import Broken, Claim
from companion.rulings import Rulings, judge, rule

FLOATS = st.floats(-10, 10)


def claim(**changes):
    known = {
        "item": "Lemma",
        "statement": "A number.",
        "low": -1.0,
        "high": 1.0,
        "whose": "derived",
        "judge": "value",
        "control": "Wrong.",
        "format": ".3g",
        "tolerance": 0.5,
    }
    return Claim(**(known | changes))


def ruling(stated, value, control, baseline=0.0):
    records = [{"claim": "a.b", "value": value, "control": control, "notebook": "a"}]
    return rule("a.b", stated, records, baseline, "quick", "absent")


@given(FLOATS, FLOATS)
def test_one_number_passes_iff_it_is_inside_its_control_outside_and_it_has_not_drifted(v, c):
    found = ruling(claim(), [v], [c])
    assert found.held == (-1 <= v <= 1)
    assert found.control_failed == (not -1 <= c <= 1)
    assert (found.fault is None) == (found.held and found.control_failed and abs(v) <= 0.5)


@given(st.lists(FLOATS, min_size=2, max_size=5), st.lists(FLOATS, min_size=2, max_size=5))
def test_the_worst_seed_must_hold_and_every_controls_seed_must_fail(values, controls):
    found = ruling(claim(judge="worst"), values, controls)
    assert found.held == all(-1 <= v <= 1 for v in values)
    assert found.control_failed == all(not -1 <= c <= 1 for c in controls)
    assert found.value in values
    assert all(min(found.value + 1, 1 - found.value) <= min(v + 1, 1 - v) for v in values)


def test_an_interval_must_lie_inside_and_its_controls_outside():
    stated = claim(judge="interval")
    # Two values m - s and m + s have mean m and standard error s; t(0.995, 1) = 63.66.
    assert ruling(stated, [-0.01, 0.01], [5.0, 5.01]).fault is None
    assert not ruling(stated, [-0.1, 0.1], [5.0, 5.01]).held
    assert not ruling(stated, [-0.01, 0.01], [4.0, 6.0]).control_failed
    found = ruling(stated, [-0.01, 0.01], [5.0, 5.01])
    assert found.spread == pytest.approx(63.6567 * 0.01, rel=1e-5)
    # What is out of bound is the interval, so it is said with its half-width.
    wide = ruling(stated, [-0.1, 0.1], [5.0, 5.01])
    said = "out of bound: 0 ± 6.37, the whole interval from -6.37 to 6.37, must be from -1 to 1"
    assert wide.fault == said
    wrong = ruling(stated, [-0.01, 0.01], [-0.1, 0.1])
    assert "its control passed: 0 ± 6.37, the whole interval from -6.37 to 6.37, " in wrong.fault


def test_one_sided_bounds():
    assert ruling(claim(low=None), [-99.0], [2.0]).held
    assert ruling(claim(high=None), [99.0], [-2.0]).held
    assert claim(low=None).bound == "at most 1" and claim(high=None).bound == "at least -1"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_fails(bad):
    assert "not finite" in ruling(claim(), [bad], [2.0]).fault
    assert "not finite" in ruling(claim(), [0.0], [bad]).fault


def test_missing_twice_and_unknown_records():
    stated = {"a.b": claim()}
    once = {"claim": "a.b", "value": [0.0], "control": [2.0], "notebook": "a", "cell": "a-03"}
    again = once | {"notebook": "checks/a", "cell": "b-01"}

    def fault(records, unfit=None):
        return judge(stated, records, {"a.b": 0.0}, "quick", unfit or {})[0].fault

    assert fault([once]) is None
    assert "missing" in fault([])
    assert "did not run" in fault([], {"a": "a did not run"})
    assert "recorded 2 times, must be once (cell a-03 of a, cell b-01 of checks/a)" in fault(
        [once, again]
    )
    with pytest.raises(Broken, match=r"a\.c.*notebooks/a\.toml"):
        fault([once, once | {"claim": "a.c"}])


def test_number_of_values_must_suit_the_judge():
    assert "must be one (" in ruling(claim(), [0.0, 0.0], [2.0]).fault
    assert "one per seed" in ruling(claim(judge="worst"), [0.0], [2.0, 2.0]).fault


def test_drift_is_a_gate_of_its_own():
    assert "drifted" in ruling(claim(), [0.1], [2.0], baseline=0.9).fault
    lacks = 'has no quick baseline: run make baseline PROFILE=quick CLAIMS="a.b"'
    assert ruling(claim(), [0.1], [2.0], baseline=None).fault == lacks
    assert ruling(claim(tolerance=None), [0.1], [2.0], baseline=None).fault is None


@given(st.floats(-1, 1), st.floats(0, 3), st.floats(-1, 1))
def test_a_tolerance_as_wide_as_the_room_inside_the_bound_never_fires(b, tolerance, v):
    room = claim().room(b)
    assert room == max(b + 1, 1 - b)
    fires = ruling(claim(tolerance=max(tolerance, room)), [v], [2.0], baseline=b).fault
    assert fires is None


def test_an_open_side_is_closed_by_zero_where_the_sign_is_known():
    assert claim(low=None, high=1e-12).room(1e-15) == pytest.approx(1e-12, rel=2e-3)
    assert claim(low=None, high=1.0).room(-0.5) == math.inf  # it has been below zero
    assert claim(low=-1e-12, high=None).room(-1e-15) == pytest.approx(1e-12, rel=2e-3)


def test_rulings_survive_the_file(tmp_path):
    whole = Rulings("quick", "abc", [ruling(claim(high=None), [0.0], [-2.0])])
    (tmp_path / "claims.json").write_text(whole.text())
    assert Rulings.read(tmp_path / "claims.json") == whole
    assert msgspec.json.decode(whole.text())["rulings"][0]["id"] == "a.b"


def test_a_record_that_no_contract_states_is_refused_by_name():
    records = [{"claim": "a.x", "value": [0.0], "control": [5.0], "notebook": "a"}]
    with pytest.raises(Broken, match=r"^a.x: recorded by a notebook, must be stated in .*a.toml$"):
        judge({"a.b": claim()}, records, {}, "quick", {})
