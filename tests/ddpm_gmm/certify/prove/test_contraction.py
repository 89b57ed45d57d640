"""Lemma 11's certificates: true bounds are proved, false ones are not, and a bound is a bound."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import certify
from ddpm_gmm.certify.prove import contraction, forms
from ddpm_gmm.pair import population

MAPS = ("EM", "G", "step")


def statement(which, low, high, rho, kappa):
    return {"kind": "contraction", "map": which, "mu": [low, high], "rho": rho, "kappa": kappa}


def jacobian(which, theta, mu):
    em = population.em_jacobian(theta, mu)
    step = np.eye(theta.size) - population.hessian(theta, mu)
    return {"EM": em, "G": step - em, "step": step}[which]


boxes = st.tuples(
    st.tuples(st.floats(0.125, 5), st.floats(0, 0.3)),
    st.tuples(st.floats(0.125, 1.75), st.floats(0, 0.2)),
    st.tuples(st.floats(0, 0.875), st.floats(0, 0.2)),
)


@pytest.mark.parametrize("which", MAPS)
@given(corner=boxes, at=st.tuples(*[st.floats(0, 1)] * 3))
def test_bound_over_a_box_holds_the_jacobian_in_five_dimensions(which, corner, at):
    box = tuple((low, low + width) for low, width in corner)
    bound, _ = contraction.bound(statement(which, 0, 9, 0.5, 0.0), box)
    s, x, y = (min(low + t * (high - low), high) for t, (low, high) in zip(at, box, strict=True))
    rng = np.random.default_rng(0)
    along, across = np.linalg.qr(rng.standard_normal((5, 2)))[0].T
    J = jacobian(which, s * (x * along + y * across), s * along)
    assert np.linalg.norm(J, 2) <= bound + 1e-9


@pytest.mark.parametrize("which", MAPS)
def test_the_two_axes_give_the_same_matrix(which):
    with ctx.workprec(certify.PRECISION):
        point = tuple((v, v) for v in (1.375, 0.75, 0.375))
        one = contraction.along_mu(which, *forms.variables(point))
        two = contraction.along_theta(which, *forms.variables(point))
        for invariant in (
            lambda J: J[0] + J[2],
            lambda J: J[0] * J[2] - J[1].square(),
            lambda J: J[3],
        ):
            a, b = invariant(one).range, invariant(two).range
            assert a.overlaps(b) and (a - b).abs_upper() < 1e-12


@pytest.mark.parametrize(
    ("which", "mu", "rho", "kappa"),
    [
        ("step", 1.0, 0.5, 0.643),
        ("step", 2.0, 0.5, 0.22),
        ("step", 6.0, 0.5, 4.2e-5),
        ("EM", 1.0, 0.5, 0.883),
        ("G", 2.0, 0.5, 0.478),
    ],
)
def test_true_statements_are_proved_and_false_ones_are_not(which, mu, rho, kappa):
    leaves = certify.prove(statement(which, mu, mu, rho, kappa))
    assert all(bound <= kappa for _, bound in leaves)
    angle = np.linspace(0, np.pi, 721)
    theta = mu * np.stack([1 + rho * np.cos(angle), rho * np.sin(angle), 0 * angle], axis=-1)
    worst = max(np.linalg.norm(jacobian(which, t, np.array([mu, 0, 0])), 2) for t in theta)
    assert worst <= kappa <= 1.05 * worst, "the certified factor is close to what is seen"
    with pytest.raises(certify.NotProved):  # with as many boxes as the truth took, halved ones too
        certify.prove(statement(which, mu, mu, rho, 0.999 * worst), most=2 * len(leaves))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "mu", "rho"),
    [("step", 0.5, 0.5), ("EM", 0.5, 0.5), ("EM", 0.625, 0.5), ("step", 1.0, 0.625)],
)
def test_no_contraction_is_certified_where_there_is_none(which, mu, rho):
    with pytest.raises(certify.NotProved, match="not proved after"):
        certify.prove(statement(which, mu, mu, rho, 1 - 2**-20), most=1000)


@pytest.mark.slow
def test_leaves_cover_the_half_disc():
    wanted = statement("step", 1.0, 1.0625, 0.5, 0.75)
    leaves = certify.prove(wanted)
    rng = np.random.default_rng(1)
    for _ in range(2000):
        radius, angle = 0.5 * np.sqrt(rng.uniform()), rng.uniform(0, np.pi)
        point = rng.uniform(1, 1.0625), 1 + radius * np.cos(angle), radius * np.sin(angle)
        assert any(
            all(low <= v <= high for v, (low, high) in zip(point, box, strict=True))
            for box, _ in leaves
        )


@given(st.floats(0, 2), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_outside_means_that_no_point_is_inside(x, y, dx, dy):
    box = ((1.0, 1.0), (x, x + dx), (y, y + dy))
    nearest = Fraction(min(max(1.0, x), x + dx)) - 1, Fraction(y)
    inside = nearest[0] ** 2 + nearest[1] ** 2 <= Fraction(1, 4)
    assert contraction.outside({"rho": 0.5}, box) is not inside


def test_the_threshold_is_sharp():
    """At |mu| = 0.5235 the Jacobian at mu/2 stretches along mu: proved, not seen."""
    with ctx.workprec(certify.PRECISION):
        J = contraction.along_mu("step", *forms.variables(((0.5235, 0.5235), (0.5, 0.5), (0, 0))))
        assert J[0].range > 1
        J = contraction.along_mu("step", *forms.variables(((0.5237, 0.5237), (0.5, 0.5), (0, 0))))
        assert J[0].range < 1


def test_a_nan_is_never_a_proof():
    with ctx.workprec(certify.PRECISION):
        fine = forms.variables(((1.0, 1.0),))[0]
        broken = forms.Form(arb.nan(), [arb.nan()], arb.nan(), fine.moves)
        for at in range(4):
            J = [fine] * 4
            J[at] = broken
            assert not contraction.norm(J) <= 1e300


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "contractoin"}, "kind: got .contractoin., must be one of"),
        ({"map": "GD"}, "map: got 'GD', must be EM, G or step"),
        ({"rho": 1.0}, "rho: got 1, must be"),
        ({"rho": 0.0}, "rho: got 0, must be"),
        ({"mu": [2.0, 1.0]}, "mu: got"),
        ({"mu": [0.0, 1.0]}, "mu: got"),
        ({"kappa": float("nan")}, "kappa: got nan"),
    ],
)
def test_a_bad_statement_is_refused(change, told):
    with pytest.raises(ValueError, match=told.replace("[", r"\[")):
        certify.prove(statement("step", 1.0, 1.0, 0.5, 0.7) | change)
