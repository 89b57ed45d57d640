"""Lemma 9's kind for the unit step, in the checker."""

import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import verify
from ddpm_gmm.certify.check import PRECISION, unit_step

from .making import UNTRUE, all_at, made, put, refused, step_in_a_box

STATEMENT = {"kind": "unit_step", "m": [0.0, 4.0], "r": [0.0, 1.0], "share": 1.0}
FORGED = {
    "a lower share": (all_at(0.75, share=0.75), UNTRUE),
    "a longer theta": (all_at(1.0, r=[0.0, 1.5]), "no leaf covers"),
    "a negative share": (put(["leaves", 0, -1], -1e-9), UNTRUE),
    "a hole": (lambda c: c["leaves"].pop(len(c["leaves"]) // 2), "no leaf covers"),
}


@pytest.fixture(scope="module")
def certificate():
    return made(STATEMENT)


def test_a_true_certificate_passes(certificate):
    got = verify(certificate)
    assert got["leaves"] == len(certificate["leaves"]) <= got["boxes"]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_one_is_rejected(certificate, name):
    refused(certificate, *FORGED[name])


@settings(max_examples=60)
@given(data=st.data(), low=st.tuples(st.floats(0.01, 4), st.floats(0.1, 3)))
def test_bound_holds_samples(data, low):
    """Against the numbers of a step made with the population's gradient."""
    box, m, r, _, V, Q = step_in_a_box(data, low)
    with ctx.workprec(PRECISION):
        most = unit_step.bound({}, box)[1]
    assert -2 * (m**2 + r**2) * Q / (m**2 * V) <= float(most) + 1e-9
