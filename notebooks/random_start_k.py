"""What the chapter on random starts alone needs: ladders, EM with restarts, centres on a line.

The first rung comes from the sample: at the mean of all centres a step multiplies deviations by
I + 2 e^{-2t} (S - I), S the sample's covariance. Derived in notebooks/random-start-k.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist

from ddpm_gmm import check, em, mixture, objective, rules
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
    rng, x, K = check.generator(rng), check.array("x", x, 2), check.count("K", K)
    radius = check.number("radius", radius, above=0)
    return x.mean(axis=0) + radius * rng.standard_normal((K, x.shape[1]))


def anneal_em(
    rng: np.random.Generator,
    times: Float[Array, " q"],
    theta: Float[Array, "K d"],
    steps: int,
    *,
    x0: Float[Array, "n d"],
) -> Float[Array, "q K d"]:
    """EM on freshly noised data down a ladder of noise scales.

    As :func:`ddpm_gmm.learn.descent.anneal`, with the same averages of the last half of the
    iterates and the EM step in place of the gradient step.

    Parameters
    ----------
    rng : numpy.random.Generator
    times : array (q,), > 0, at most 20
    theta : array (K, d), the start, at time 0; K <= n, none equal
    steps : int, for each noise scale
    x0 : array (n, d)

    Returns
    -------
    array (q, K, d)
        What each noise scale learned, at time 0.
    """

    def back(theta_t, x, z, t):
        return em.em_gradient(theta_t, x)

    return descent.anneal(rng, times, theta, steps, x0=x0, eta=1.0, gradient=back)


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


# -- centres on a line, where every expectation is exact ------------------------------------------


def _on_line(theta, mu):
    """(theta, mu, nodes, weights) in the shapes of K centres on a line, from their own origin."""
    theta, mu = check.array("theta", theta, 1)[:, None], check.array("mu", mu, 1)[:, None]
    c = mixture.origin(mu)  # both gradients are the same from every origin
    theta, mu = theta - c, mu - c
    return theta, mu, *rules.line(theta, mu)


def gradient(theta: Float[Array, " K"], mu: Float[Array, " M"]) -> Float[Array, " K"]:
    """Population gradient grad(L/2) for centres on a line.

    Parameters
    ----------
    theta : array (K,), the student's centres
    mu : array (M,), the true centres, at the noise scale of theta

    Returns
    -------
    array (K,)
    """
    theta, mu, x, weights = _on_line(theta, mu)
    return objective.explicit_gradient(theta, x, mu, weights)[:, 0]


def likelihood_gradient(theta: Float[Array, " K"], mu: Float[Array, " M"]) -> Float[Array, " K"]:
    """Gradient of the population log likelihood for centres on a line: E[w_i (x - theta_i)].

    Shapes as in :func:`gradient`. Its zeros are the fixed points of EM.
    """
    theta, _, x, weights = _on_line(theta, mu)
    return em.likelihood_gradient(theta, x, weights)[:, 0]


def jacobian(
    field, theta: Float[Array, " K"], mu: Float[Array, " M"], h=1e-4
) -> Float[Array, "K K"]:
    """Symmetrised Jacobian in theta of one of the gradients above.

    Four-point differences: truncation h^4/30 times a fifth derivative, rounding of order 1e-16/h.

    Parameters
    ----------
    field : callable, (theta, mu) -> array (K,)
    theta, mu : arrays (K,), (M,)
    h : float, > 0

    Returns
    -------
    array (K, K)
    """
    theta, h = check.array("theta", theta, 1), check.number("h", h, above=0)

    def along(e):
        near = field(theta + h * e, mu) - field(theta - h * e, mu)
        far = field(theta + 2 * h * e, mu) - field(theta - 2 * h * e, mu)
        return (8 * near - far) / (12 * h)

    out = np.array([along(e) for e in np.eye(len(theta))])
    return (out + out.T) / 2
