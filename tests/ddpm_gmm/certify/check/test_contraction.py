"""Lemma 11 in the checker."""

import numpy as np
import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import verify
from ddpm_gmm.certify.check import PRECISION, contraction

from .making import made, norm


@pytest.mark.parametrize(
    "statement",
    [
        {"map": "EM", "mu": [1.0, 1.0], "rho": 0.5, "kappa": 0.9},
        {"map": "G", "mu": [1.0, 1.0], "rho": 0.25, "kappa": 0.4},
        {"map": "step", "mu": [6.0, 6.0], "rho": 0.25, "kappa": 1e-6},
    ],
    ids=lambda statement: statement["map"],
)
def test_a_true_certificate_passes(statement):
    certificate = made({"kind": "contraction", **statement})
    got = verify(certificate)
    assert got["statement"] == certificate["statement"]
    assert got["statement"]["kind"] == "contraction"
    assert got["leaves"] == len(certificate["leaves"]) <= got["boxes"]


@settings(max_examples=25)
@given(data=st.data(), which=st.sampled_from(["EM", "G", "step"]))
def test_a_boxs_bound_holds_samples(data, which):
    """The Jacobian's norm from the tested population formulas never exceeds the box's bound."""
    low = [data.draw(st.floats(a, b)) for a, b in ((0.5, 5), (0.5, 1.4), (0, 0.4))]
    box = [(x, x + data.draw(st.floats(0, 0.05))) for x in low]
    with ctx.workprec(PRECISION):
        least, most = contraction.bound({"map": which}, box)
    shares = np.array(
        data.draw(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=5))
    )
    points = [(0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.5), *shares]
    norms = []
    for share in points:
        point = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
        norms.append(norm(which, *point))
    assert max(norms) <= float(most) * (1 + 1e-12) + 1e-12
    assert float(least) <= norms[2] * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    "box", [[(1.0, 1.0), (0.9, 0.9), (0.2, 0.2)], [(3.0, 3.0), (0.9, 0.9), (0.2, 0.2)]]
)
def test_a_points_bound_is_the_norm(box):
    """At a point nothing is lost, with either enclosure."""
    for which in ("EM", "G", "step"):
        with ctx.workprec(PRECISION):
            least, most = contraction.bound({"map": which}, box)
        assert float(most - least) < 1e-8


def test_both_enclosures_agree_at_a_point(monkeypatch):
    box = [(2.0, 2.0), (0.75, 0.75), (0.25, 0.25)]
    bound = contraction.bound
    for which in ("EM", "G", "step"):
        got = []
        for far in (0.0, 100.0):
            monkeypatch.setattr(contraction, "FAR", far)
            with ctx.workprec(PRECISION):
                got.append(bound({"map": which}, box))
        (a, b), (c, d) = got
        assert a <= d and c <= b
