"""Lemma 8's kind, in the checker."""

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import verify
from ddpm_gmm.certify.check import PRECISION, expansion, models, moments
from ddpm_gmm.pair import population

from .making import UNTRUE, all_at, made, refused

STATEMENT = {"kind": "expansion", "e": [0.0, 0.375], "C": 6 + 1 / 64}
FORGED = {
    "a lower C": (all_at(5.9375, C=5.9375), UNTRUE),
    "a lower C near 0": (all_at(5.9999, C=5.9999), UNTRUE),
    "a larger e": (all_at(6.5, e=[0.0, 0.4375]), "no leaf covers"),
    "no C": (lambda c: c["statement"].pop("C"), "exactly the fields"),
    "a negative e": (all_at(6.5, e=[-0.5, 0.375]), "low <= high"),
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
@given(data=st.data(), e=st.floats(0.05, 0.8), edge=st.floats(0, 1.9))
def test_the_bound_of_lemma_8_holds_samples(data, e, edge):
    """The step's distance from the power iteration, wherever e_1 and the edge say."""
    high = edge + data.draw(st.floats(0, 0.05))
    if edge < 1 < high:
        high = 1.0
    box = [(e, e + data.draw(st.floats(0, 0.02))), (edge, high)]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 2))
    e1, at = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    larger = e1 * data.draw(st.floats(1, 1.5))
    rho, cosine = (1.0, at) if at <= 1 else (2 - at, 1.0)
    s = larger  # |mu|, with the same m and r
    m, r = e1**2 * rho * cosine, e1 * rho
    along = m / s
    theta, mu = np.array([along, np.sqrt(max(0.0, r**2 - along**2))]), np.array([s, 0.0])
    R = -population.gradient(theta, mu) - 2 * (m * mu - r**2 * theta)
    with ctx.workprec(PRECISION):
        _, most = expansion.bound({}, box)
    assert np.linalg.norm(R) / larger**5 <= float(most) + 1e-8 / larger**4


@pytest.mark.parametrize("box", [[(0.25, 0.25), (0.5, 0.5)], [(0.25, 0.25), (1.5, 1.5)]])
def test_the_series_and_the_sums_agree(monkeypatch, box):
    """Lemma 8's two enclosures at a point that both of them reach."""
    bound, got = expansion.bound, []
    monkeypatch.setattr(expansion, "ORDERS", (5,))
    for up_to in (0.0, 1.0):
        monkeypatch.setattr(expansion, "SERIES", up_to)
        with ctx.workprec(PRECISION):
            got.append(bound({}, box))
    with ctx.workprec(PRECISION):
        e2, rho2, c2 = (models.Model(arb(x), [arb(0)] * 2, arb(0)) for x in (1 / 16, 1, 0.25))
        m, q = e2 * arb(0.5), e2
        for of, exact in (
            ("V", (moments.quotient(m, q) + -2) * 16),
            ("Q", (moments.forms(m, q, 1, [(1, 1)])[0] + q * 2 + -1) * 256),
        ):
            series = expansion._series(of, 5, e2, rho2, c2)
            assert series.ball().overlaps(exact.ball())
            assert exact.rest < 1e-9 < series.rest < 1
    assert got[0][0] <= got[1][1]
