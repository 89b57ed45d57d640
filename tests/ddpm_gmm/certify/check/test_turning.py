"""Lemma 9's kind, in the checker."""

import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import verify
from ddpm_gmm.certify.check import PRECISION, turning

from .making import UNTRUE, all_at, made, refused, step_in_a_box

STATEMENT = {"kind": "turning", "eta": 0.5, "mu": 0.5, "r": [0.0, 1.0], "factor": 218 / 256}
FORGED = {
    "a lower factor": (all_at(0.8125, factor=0.8125), UNTRUE),
    "another eta": (all_at(1.0, eta=0.25), UNTRUE),
    "a shorter mu": (all_at(1.0, mu=0.25), UNTRUE),
    "a wider annulus": (all_at(1.0, r=[0.0, 1.0625]), "no leaf covers"),
    "eta above 1": (all_at(1.0, eta=1.5), "eta: got 1.5, must be <= 1"),
    "mu an interval": (all_at(1.0, mu=[0.5, 1.0]), "must be a finite number"),
    "the last leaf removed": (lambda c: c["leaves"].pop(), "no leaf covers"),
    "what lies beyond forgotten": (
        lambda c: [leaf.__setitem__(-1, 1e-3) for leaf in c["leaves"] if leaf[1] == 32],
        UNTRUE,
    ),
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
    """Against the angle of a step made with the population's gradient."""
    box, _, _, s, V, Q = step_in_a_box(data, low)
    with ctx.workprec(PRECISION):
        most = turning.bound({"eta": 0.5, "mu": 0.5}, box)[1]
    B = 0.5 + 0.5 * Q
    assert abs(B) / (0.5 * s**2 * V + B) <= float(most) + 1e-9
