"""Sets of K centres: layouts of a given separation, warm starts, and errors up to the labels.

The separation of a set is the least distance between two of its centres. A layout is drawn at the
separation asked for, and translated so that its centres have mean zero.
"""

from itertools import product

import numpy as np
from jaxtyping import Float
from scipy.linalg import helmert
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist

from ddpm_gmm import check, geometry

Array = np.ndarray


def _several(name, means):
    means = check.array(name, means, 2)
    if len(means) < 2:
        raise ValueError(f"{name}: got 1 centre, must have at least 2")
    return means


def _unit(*sets):
    """The power of two above all entries: in it, squares of distances do not leave the floats."""
    return np.ldexp(1.0, np.frexp(max(np.abs(points).max() for points in sets))[1])


def separation(means: Float[Array, "K d"]) -> float:
    """The least distance min_{i != j} |mu_i - mu_j|; K >= 2."""
    means = _several("means", means)
    unit = _unit(means)
    return float(unit * pdist(means / unit).min())


def _asked(K, d, delta):
    K, d = check.count("K", K, least=2), check.count("d", d)
    return K, d, check.number("delta", delta, above=0)


def _at(points, d, delta):
    """The points (K, s), s <= d, centred, in d dimensions, at separation delta."""
    points = points - points.mean(axis=0)
    out = np.zeros((len(points), d))
    out[:, : points.shape[1]] = points * (delta / separation(points))
    return out


def simplex(K: int, d: int, delta: float) -> Float[Array, "K d"]:
    """K centres, every two at distance delta: a regular simplex; d >= K - 1."""
    K, d, delta = _asked(K, d, delta)
    if d < K - 1:
        raise ValueError(f"d: got {d}, must be >= {K - 1} for a simplex of {K} centres")
    return _at(helmert(K).T, d, delta)


def collinear(K: int, d: int, delta: float) -> Float[Array, "K d"]:
    """K centres on a line, neighbours at distance delta."""
    K, d, delta = _asked(K, d, delta)
    return _at(np.arange(K, dtype=float)[:, None], d, delta)


def random(rng: np.random.Generator, K: int, d: int, delta: float) -> Float[Array, "K d"]:
    """K centres drawn from N(0, I), scaled to separation delta."""
    rng = check.generator(rng)
    K, d, delta = _asked(K, d, delta)
    return _at(rng.standard_normal((K, d)), d, delta)


def clustered(rng: np.random.Generator, K: int, d: int, delta: float) -> Float[Array, "K d"]:
    """K centres in pairs at distance delta, the pairs' midpoints at separation 4 delta; K even.

    Midpoints as :func:`random` draws them; each pair has a direction of its own.
    """
    rng = check.generator(rng)
    K, d, delta = _asked(K, d, delta)
    if K < 4 or K % 2:
        raise ValueError(f"K: got {K}, must be even and >= 4")
    middle = random(rng, K // 2, d, 4 * delta)
    arm = rng.standard_normal(middle.shape)
    arm *= delta / (2 * np.linalg.norm(arm, axis=1, keepdims=True))
    return np.concatenate([middle + arm, middle - arm])


def displaced(
    rng: np.random.Generator, means: Float[Array, "K d"], radius: float
) -> Float[Array, "K d"]:
    """A warm start: each centre moved by exactly ``radius`` >= 0, each in a random direction."""
    rng, means = check.generator(rng), check.array("means", means, 2)
    radius = check.number("radius", radius, least=0)
    step = rng.standard_normal(means.shape)
    return means + radius * step / np.linalg.norm(step, axis=1, keepdims=True)


def matched(theta: Float[Array, "K d"], means: Float[Array, "K d"]) -> Float[Array, "K d"]:
    """The rows of theta in the order that minimises sum_i |theta_i - mu_i|^2.

    The optimal assignment (Hungarian algorithm); a mixture does not know its centres' labels.
    """
    theta, means = check.array("theta", theta, 2), check.array("means", means, 2)
    check.same("theta.shape", theta.shape, "means", means.shape)
    unit = _unit(theta, means)
    return theta[linear_sum_assignment(cdist(means / unit, theta / unit, "sqeuclidean"))[1]]


def error(theta: Float[Array, "K d"], means: Float[Array, "K d"]) -> float:
    """The largest distance max_i |theta_i - mu_i| under the assignment of :func:`matched`."""
    return float(geometry.norm(matched(theta, means) - means).max())


def touching(d: int, delta: float) -> Float[Array, "K d"]:
    """A centre, first, and at distance delta as many others as are known to fit, delta apart.

    The hexagon in the plane, the roots of D_3, D_4 and D_5 (all (+-1, +-1, 0, ...)), and those of
    E_8 (with half the (+-1/2, ...) besides): 6, 12, 24, 40 and 240 neighbours. In 5 dimensions
    nobody knows whether 41 fit.

    Parameters
    ----------
    d : int, 2, 3, 4, 5 or 8
    delta : float, > 0
    """
    d, delta = check.count("d", d, least=2), check.number("delta", delta, above=0)
    if d not in (2, 3, 4, 5, 8):
        raise ValueError(f"d: got {d}, must be 2, 3, 4, 5 or 8")
    if d == 2:
        turns = np.pi / 3 * np.arange(6)
        ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    else:
        ring = np.array([v for v in product((-1, 0, 1), repeat=d) if np.abs(v).sum() == 2])
    if d == 8:
        halves = [v for v in product((-0.5, 0.5), repeat=8) if np.prod(v) > 0]
        ring = np.concatenate([ring, halves])
    return _at(np.concatenate([np.zeros((1, d)), ring]), d, delta)
