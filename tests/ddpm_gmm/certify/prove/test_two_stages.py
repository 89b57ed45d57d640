"""Theorem 7 for the exact dynamics: the certified steps, and that simulated runs keep them."""

import math

import numpy as np
import pytest

from ddpm_gmm.certify.prove import landing, two_stages
from ddpm_gmm.pair import population


def run(theta, mu, t, count):
    """``count`` exact unit steps at noise scale t, in the units of time zero."""
    scale = math.exp(-t)
    theta, mu = theta * scale, mu * scale
    for _ in range(count):
        theta = theta - population.gradient(theta, mu)
    return theta / scale


@pytest.mark.parametrize("contraction", two_stages.statements().values())
def test_links(contraction):
    chain = [s for s in landing.statements().values() if s["mu"] == contraction["mu"]]
    assert two_stages.links(contraction, chain, 2.0) == len(chain)
    with pytest.raises(ValueError, match="must hold"):
        two_stages.links(contraction, chain, 2.5)
    with pytest.raises(ValueError, match="last radius"):
        two_stages.links(contraction | {"rho": 0.125}, chain, 2.0)


@pytest.mark.parametrize("mu", [0.75, 1.7, 4.0])
@pytest.mark.parametrize(("d", "delta"), [(3, 0.1), (50, 0.01), (10**6, 0.05)])
def test_runs_end_where_promised(mu, d, delta):
    """From random starts within the event, and from the worst one, in the plane."""
    eps, t1, t2 = 1e-6, math.log(mu) + 0.3, 0.3
    steps = two_stages.steps((mu, mu), d, delta, eps, t1, t2)
    rng = np.random.default_rng([d, int(10 * mu)])
    least = math.sqrt(d * delta ** (4 / d) / math.e)
    starts = [least * np.array([delta / math.sqrt(d), math.sqrt(1 - delta**2 / d)])]
    for a in rng.standard_normal(6):
        start = np.array([abs(a), math.sqrt(rng.chisquare(d - 1))])
        r = np.linalg.norm(start)
        if start[0] >= r * delta / math.sqrt(d) and r >= least:
            starts.append(start)
    assert len(starts) >= 4
    truth = np.array([mu, 0.0])
    theta = run(run(np.array(starts), truth, t1, steps.first), truth, t2, steps.second)
    assert np.linalg.norm(theta - truth, axis=-1).max() <= eps
    few = run(run(starts[0], truth, t1, steps.first // 4), truth, t2, steps.second // 4)
    assert np.linalg.norm(few - truth) > eps


def test_event():
    """The event fails with a frequency below the stated probability, and not by much."""
    rng, d, delta, n = np.random.default_rng(7), 5, 0.2, 200_000
    a, rest = rng.standard_normal(n), rng.chisquare(d - 1, n)
    bad = (abs(a) < delta * np.sqrt((a**2 + rest) / d)) | (
        a**2 + rest < d * delta ** (4 / d) / math.e
    )
    failure = two_stages.steps((1.0, 1.0), d, delta, 1e-3, 0.0, 0.3).failure
    assert 0.5 * failure < bad.mean() <= failure


def test_steps_round_up():
    """A shorter way to the same numbers: plain floating point."""
    steps = two_stages.steps((1.0, 1.0), 100, 0.1, 1e-6, 0.0, 0.0)
    turn = math.ceil(math.log(100) / math.log(3))
    short = math.e / (100 * 0.1**0.04) + 23 * turn
    grow = math.ceil(math.log(math.sqrt(2 * short) / 4) / math.log(1 + 15 / 16))
    assert steps.first == max(turn + grow, math.ceil(math.log(1600) / math.log(3)))
    pieces = (3, 0.6875), (2, 0.4375)  # |mu| = 1 belongs to two pieces
    assert steps.second == max(
        k + math.ceil(math.log(0.25e6) / -math.log(kappa)) for k, kappa in pieces
    )
    assert steps.failure >= 0.1 * math.sqrt(2 / math.pi) + 0.01
    assert steps.failure == pytest.approx(0.1 * math.sqrt(2 / math.pi) + 0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mu": (2.0, 1.0)}, "low <= high"),
        ({"mu": (0.0, 1.0)}, "mu: got 0"),
        ({"d": 2}, "d: got 2"),
        ({"delta": 1.0}, "delta: got 1"),
        ({"eps": 0.0}, "eps: got 0"),
        ({"t1": 0.1}, "t1: got 0.1"),
        ({"t2": 1.0}, "t2: got 1"),
        ({"mu": (1.0, 9.0), "t1": 3.0}, "t2: got 0.3"),
    ],
)
def test_outside_the_hypotheses(change, message):
    given = {"mu": (1.0, 2.0), "d": 10, "delta": 0.1, "eps": 1e-3, "t1": 1.0, "t2": 0.3}
    with pytest.raises(ValueError, match=message):
        two_stages.steps(**(given | change))
