"""Theorem 7's length: proved where true, refused where not, and the part done by hand."""

import math

import numpy as np
import pytest

from ddpm_gmm import certify
from ddpm_gmm.certify.prove import length, two_stages
from ddpm_gmm.pair import population

STATEMENT = length.statements()["length"]


def test_statement_is_proved_and_its_bounds_hold_at_points():
    """Every bound is above the value at a point of its box, from the floating-point step."""
    rng, leaves = np.random.default_rng(5), certify.prove(STATEMENT)
    assert max(bound for _, bound in leaves) <= STATEMENT["excess"]
    for box, bound in leaves[::7]:
        s, r, c = (rng.uniform(*side) for side in box)
        theta, mu = r * np.array([c, math.sqrt(1 - c**2)]), np.array([s, 0.0])
        new = np.linalg.norm(theta - population.gradient(theta, mu))
        assert new - max(2 * s, r / math.sqrt(1 + r**2)) <= bound + 1e-12


@pytest.mark.parametrize(
    "change",
    [
        {"settled": 0.75},  # the centre itself has r = |mu|
        {"fall": 8.0},
    ],
)
def test_false_statements_are_refused(change):
    with pytest.raises(certify.NotProved):
        certify.prove(STATEMENT | change, most=3000)


def test_length_by_hand():
    """What length's page derives by hand: the corner, the first step, and 1/r'^2 <= 1/r^2 + 23."""
    s, r, c = np.meshgrid(
        np.linspace(0.01, 1, 12), np.geomspace(1e-3, 50, 40), np.linspace(0, 1, 7), indexing="ij"
    )
    theta = np.stack([r * c, r * np.sqrt(1 - c**2)], -1)
    mu = np.stack([s, 0 * s], -1)
    new = np.linalg.norm(theta - population.gradient(theta, mu), axis=-1)
    assert new.max() <= 21 / 8
    assert (new**-2.0 - r**-2.0).max() <= two_stages.SHRINKS
    corner = (s <= 1 / 8) & (r <= 9 / 32)
    assert (new - np.maximum(2 * s, r / np.sqrt(1 + r**2)))[corner].max() <= 0
