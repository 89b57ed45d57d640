"""The numbers in the hand proofs: confirmed by balls, and a slip is noticed."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.check import hand
from ddpm_gmm.certify.check.inequality import Inequality, ball, confirmed
from ddpm_gmm.pair import population

ALL = pytest.mark.parametrize("name", hand.INEQUALITIES)


@ALL
def test_confirmed_and_a_smaller_constant_is_not(name):
    inequality = hand.INEQUALITIES[name]
    assert confirmed(inequality)
    assert float(inequality.false) < float(inequality.most)
    assert not confirmed(inequality, inequality.false)
    assert inequality.place


@ALL
def test_the_false_constant_is_false_and_the_true_one_true_on_a_grid(name):
    """In plain numbers at points: the largest value lies above the one, not above the other."""
    inequality = hand.INEQUALITIES[name]
    grids = (np.linspace(float(low), float(high), 41).tolist() for low, high in inequality.ranges)
    largest = max(
        float(inequality.formula(*map(arb, at)).mid()) for at in itertools.product(*grids)
    )
    assert float(inequality.false) < largest <= float(inequality.most)


@given(low=st.fractions(-9, 9), width=st.fractions(0, 9), share=st.fractions(0, 1))
def test_a_ball_holds_its_interval(low, width, share):
    inside = low + share * width
    held = ball(low, low + width)
    with ctx.workprec(400):
        point = arb(inside.numerator) / inside.denominator
        assert not point < held.lower() and not point > held.upper()


def test_what_cannot_be_decided_is_not_confirmed():
    """x - x is zero, but no ball says so; and a formula that gives no number."""
    unit = ((Fraction(0), Fraction(1)),)
    assert not confirmed(Inequality(lambda x: x - x, unit, "0", "-1"))
    assert not confirmed(Inequality(lambda x: 1 / x, unit, "2", "1"))
    assert not confirmed(Inequality(lambda: arb("nan"), (), "2", "1"))


def test_lemma_8_near_the_origin():
    """D <= 3q + 4 m^2/3 and the two bounds on Z, from the population's formulas, far and near."""
    e = np.geomspace(1e-2, 0.25, 40)[:, None]
    c = np.linspace(0.01, 1, 50)
    m, r = e**2 * c, e + 0 * c
    q, P = r * r, population.push(m, r)
    D, Z = 2 - P / m, population.drag(m, r) - 1 + 2 * q
    rounding = 1e-14 / q
    assert (rounding + 3 * q + 4 * m**2 / 3 >= D).all()
    assert (6 * q**2 - 3 * m**2 - 68 * q**3 / 3 - 4 * q * m**2 - rounding <= Z).all()
    assert (6 * q**2 - 3 * m**2 + 16 * q * m**2 + 10 * m**4 / 3 + rounding >= Z).all()
