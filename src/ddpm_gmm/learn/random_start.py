"""K centres without a warm start: ladders of noise scales, and EM with restarts to compare with.

The first rung comes from the sample: at the mean of all centres a step multiplies deviations by
I + 2 e^{-2t} (S - I), S the sample's covariance. Derived in notebooks/random-start-k.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist

from ddpm_gmm import check, em
from ddpm_gmm.learn import descent

Array = np.ndarray


def rungs(x: Float[Array, "n d"], q: int, last: float, top=0.5) -> Float[Array, " q"]:
    """q noise scales, evenly spaced in t, from e^{-2t} l = top down to t = last.

    l is the largest eigenvalue of S - I, S the covariance of the sample: the largest variance of
    the centres, as the sample sees it. The first rung is at least twice the last.

    Parameters
    ----------
    x : array (n, d), n at least 2
    q : int, at least 1
    last : float, > 0
    top : float, > 0

    Returns
    -------
    array (q,), decreasing
    """
    x, q = check.array("x", x, 2), check.count("q", q)
    last, top = check.number("last", last, above=0), check.number("top", top, above=0)
    if len(x) < 2:
        raise ValueError("x: got 1 row, must have at least 2")
    centred = x - x.mean(axis=0)
    largest = np.linalg.eigvalsh(centred.T @ centred / len(x))[-1] - 1
    first = 0.5 * np.log(max(largest / top, 1e-300))
    return np.linspace(max(first, 2 * last), last, q) if q > 1 else np.array([last])


def collapsed(
    rng: np.random.Generator, x: Float[Array, "n d"], K: int, radius: float
) -> Float[Array, "K d"]:
    """K centres at the mean of the sample, moved by radius times a standard Gaussian vector each.

    Equal centres have equal gradients and never part, so the radius must be > 0.
    """
    x, K = check.array("x", x, 2), check.count("K", K)
    radius = check.number("radius", radius, above=0)
    return x.mean(axis=0) + radius * rng.standard_normal((K, x.shape[1]))


def anneal_em(
    times: Float[Array, " q"],
    theta: Float[Array, "K d"],
    steps: int,
    *,
    x0: Float[Array, "n d"],
    rng: np.random.Generator,
) -> Float[Array, "q K d"]:
    """EM on freshly noised data down a ladder of noise scales.

    As :func:`ddpm_gmm.learn.descent.anneal`, with the same averages of the last half of the
    iterates and the EM step in place of the gradient step.

    Parameters
    ----------
    times : array (q,), > 0
    theta : array (K, d), the start, at time 0; K <= n, none equal
    steps : int, for each noise scale
    x0 : array (n, d)
    rng : numpy.random.Generator

    Returns
    -------
    array (q, K, d)
        What each noise scale learned, at time 0.
    """

    def back(theta_t, x, z, t):
        return theta_t - em.em_step(theta_t, x)

    return descent.anneal(times, theta, steps, x0=x0, eta=1.0, rng=rng, gradient=back)


def restarted_em(
    start, x: Float[Array, "n d"], passes: int, still=1e-3
) -> tuple[Float[Array, "K d"], int]:
    """EM from fresh starts until the passes over the sample are used up; the likeliest end wins.

    A run stops when no coordinate moves by more than ``still``. A step is one pass, the likelihood
    of an end another.

    Parameters
    ----------
    start : callable, () -> array (K, d)
    x : array (n, d)
    passes : int, at least 1
    still : float, > 0

    Returns
    -------
    theta : array (K, d)
    runs : int, the number of starts
    """
    x, left = check.array("x", x, 2), check.count("passes", passes)
    still = check.number("still", still, above=0)
    best, highest, runs = None, -np.inf, 0
    while left > 0:
        theta, moved = start(), np.inf
        while left > 0 and moved > still:
            new = em.em_step(theta, x)
            moved, theta, left = np.abs(new - theta).max(), new, left - 1
        reached, runs, left = em.log_likelihood(theta, x), runs + 1, left - 1
        if reached > highest:
            best, highest = theta, reached
    return best, runs


def census(theta: Float[Array, "K d"], means: Float[Array, "K d"], radius: float):
    """How a set of centres misses the truth: (bridging, crowding, lost).

    Every true centre is served by the nearest student. Bridging students serve two or more; of
    those that serve none, the crowding ones lie within ``radius`` of a true centre, the lost ones
    do not.

    Parameters
    ----------
    theta, means : arrays (K, d)
    radius : float, > 0

    Returns
    -------
    tuple of three int
    """
    theta, means = check.array("theta", theta, 2), check.array("means", means, 2)
    check.same("theta.shape", theta.shape, "means", means.shape)
    radius = check.number("radius", radius, above=0)
    apart = cdist(theta, means)
    served = np.bincount(apart.argmin(axis=0), minlength=len(theta))
    near = apart.min(axis=1) <= radius
    idle = served == 0
    return int((served > 1).sum()), int((idle & near).sum()), int((idle & ~near).sum())
