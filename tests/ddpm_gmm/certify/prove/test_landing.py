"""Theorem 7's landings: proved where true, refused where not, and bounds that are bounds."""

import numpy as np
import pytest

from ddpm_gmm import certify
from ddpm_gmm.certify.prove import landing
from ddpm_gmm.pair import population


@pytest.mark.parametrize("name", landing.statements())
def test_statement_is_proved_and_its_bounds_hold_at_points(name):
    """Every bound is above the value at a point of its box, from the floating-point step."""
    statement = landing.statements()[name]
    leaves = certify.prove(statement)
    assert max(bound for _, bound in leaves) <= statement["radius"]
    rng = np.random.default_rng(5)
    for box, bound in leaves[::7]:
        s, x, y = (rng.uniform(*side) for side in box)
        theta, mu = s * np.array([x, y]), np.array([s, 0.0])
        new = theta - population.gradient(theta, mu)
        assert np.linalg.norm(new - mu) / s <= bound + 1e-12


@pytest.mark.parametrize(
    "change",
    [
        {"x": [0.0, 2.0]},  # the origin does not move
        {"radius": 0.5},  # one step from x = 1/4 is seen to leave 0.541
        {"mu": [0.25, 1.0]},
    ],
)
def test_false_statements_are_refused(change):
    with pytest.raises(certify.NotProved):
        certify.prove(landing.statements()["landing-0.6875-1-1"] | change, most=3000)


def test_slope_must_be_exact():
    statement = landing.statements()["landing-1-2-1"] | {"slope": 0.1, "x": [0.25, 1.1]}
    with pytest.raises(ValueError, match="slope: got"):
        landing.region(statement)
