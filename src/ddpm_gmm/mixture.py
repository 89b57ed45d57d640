"""The spherical mixture q = (1/K) sum_i N(mu_i, I) and its forward process.

The Ornstein-Uhlenbeck process X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z keeps the mixture spherical:
q_t = (1/K) sum_i N(mu_i e^{-t}, I). Derived in notebooks/preliminaries; the model is the paper's.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ddpm_gmm import check

Array = np.ndarray

_BLOCK = 2**15  # entries of a block of rows: 256 KiB, which stays in a core's cache


def pair(mu: Float[Array, " d"]) -> Float[Array, "2 d"]:
    """The centres {mu, -mu} of the two-Gaussian model, as an array (2, d)."""
    mu = check.array("mu", mu, 1)
    return np.stack([mu, -mu])


def noise_scale(t: float) -> float:
    """Standard deviation of the noise at time t: sqrt(1 - e^{-2t}); t >= 0."""
    return float(np.sqrt(-np.expm1(-2 * check.number("t", t, least=0))))


def shrink(means: Float[Array, "*shape"], t: float) -> Float[Array, "*shape"]:
    """The centres at time t: mu_i e^{-t}; t >= 0. Takes (d,) or (K, d), returns the same shape."""
    return check.array("means", means, 1, 2) * np.exp(-check.number("t", t, least=0))


def sample(rng: np.random.Generator, n: int, means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """Draw n points from (1/K) sum_i N(mu_i, I).

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int, at least 1
    means : array (K, d)

    Returns
    -------
    array (n, d)
    """
    rng, means = check.generator(rng), check.array("means", means, 2)
    n = check.count("n", n)
    x = rng.standard_normal((n, means.shape[1]))
    x += means[rng.integers(means.shape[0], size=n)]
    return x


def diffuse(rng: np.random.Generator, x0: Float[Array, "n d"], t: float):
    """Run the forward process to time t with fresh noise: (X_t, Z).

    X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z,  Z ~ N(0, I).

    Parameters
    ----------
    rng : numpy.random.Generator
    x0 : array (n, d)
    t : float, at least 0

    Returns
    -------
    x, z : arrays (n, d)
        The noised points and the very noise they got: the literal objective needs both.
    """
    rng, x0 = check.generator(rng), check.array("x0", x0, 2)
    sigma = noise_scale(t)
    z = rng.standard_normal(x0.shape)
    return np.exp(-t) * x0 + sigma * z, z


def blocks(n: int, width: int):
    """Slices that cover n rows, each of at most 2^15 / width rows (at least one).

    With ``width`` the larger of K and d, sums over the rows of a sample need no more memory than a
    few blocks, and stay in the cache.
    """
    n, width = check.count("n", n), check.count("width", width)
    rows = max(1, _BLOCK // width)
    return (slice(i, min(i + rows, n)) for i in range(0, n, rows))


# -- the mixture's own origin ----------------------------------------------------------------------
#    The model has none: data and centres may lie far from zero. The products below are the fast way
#    to squared distances, and cancel badly there, so both are measured from a point of their own.


def origin(means: Float[Array, "K d"]) -> Float[Array, " d"]:
    """A point c near the centres, to be subtracted from them and from their points; often zero.

    Their mean, rounded to multiples of the power of two q that follows twice their reach, the
    largest distance from the mean along an axis. So centres less c are at most three times their
    reach, c is zero wherever zero lies between the least and the largest centre along every axis,
    and it has so few binary digits that subtracting it from points nearby loses none of theirs.

    Parameters
    ----------
    means : array (K, d)

    Returns
    -------
    array (d,)
    """
    means = check.array("means", means, 2)
    middle = means.mean(axis=0)
    reach = np.abs(means - middle).max()
    # Below the rounding of the mean there is nothing to tell apart, and q must not underflow.
    floor = max(2.0**-52 * np.abs(middle).max(), 2.0**-1000)
    q = 2.0 ** (np.frexp(max(reach, floor))[1] + 1)
    return q * np.rint(middle / q)


def _centred(theta):
    """(c, theta - c): centres (K, d) about their :func:`origin`; the pair's (d,) is zero."""
    if theta.ndim == 1:
        return np.zeros_like(theta), theta
    c = origin(theta)
    return c, theta - c


def _less(x, c):
    """x - c, and x itself where there is nothing to subtract."""
    return x - c if c.any() else x


# -- densities and scores --------------------------------------------------------------------------


def _points_and_means(x, means):
    """(c, x - c, means - c), checked, with c the :func:`origin` of the centres."""
    check.columns("means", means, "x", x)
    x, means = check.array("x", x, 2), check.array("means", means, 2)
    check.same("means.shape[1]", means.shape[1], "the columns of x", x.shape[1])
    c, means = _centred(means)
    return c, _less(x, c), means


def _logits(x, means):
    """log of the unnormalised posterior, (K, n): x . mu_i - |mu_i|^2 / 2."""
    return means @ x.T - 0.5 * np.einsum("kd,kd->k", means, means)[:, None]


def _posterior(x, means):
    """:func:`responsibilities`, for loops over blocks whose arguments have been checked."""
    # In place: scipy's softmax gives the same bits but takes fresh memory three times, and on
    # blocks of this size that costs eight times the arithmetic.
    w = _logits(x, means)
    w -= w.max(axis=0)
    np.exp(w, out=w)
    w /= w.sum(axis=0)
    return w


def _log_density(x, means):
    """:func:`log_density`, for loops over blocks whose arguments have been checked."""
    logits = _logits(x, means)
    half_norm = 0.5 * np.einsum("nd,nd->n", x, x)
    constant = 0.5 * x.shape[1] * np.log(2 * np.pi) + np.log(len(logits))
    return logsumexp(logits, axis=0) - half_norm - constant


def log_density(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, " n"]:
    """log q(x) = log (1/K) sum_i exp(-|x - mu_i|^2 / 2) - (d/2) log 2 pi, for each row of x."""
    _, x, means = _points_and_means(x, means)
    return _log_density(x, means)


def responsibilities(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "K n"]:
    """Posterior weights w_i(x) = softmax_i(x . mu_i - |mu_i|^2 / 2), laid out (K, n).

    Sums over components then run along the long axis, which is several times faster than (n, K).
    """
    _, x, means = _points_and_means(x, means)
    return _posterior(x, means)


def posterior_mean(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """E[mu_I | X = x] = sum_i w_i(x) mu_i, for each row of x.

    For the pair {mu, -mu} it is tanh(mu . x) mu.
    """
    c, x, means = _points_and_means(x, means)
    return _posterior(x, means).T @ means + c


def score(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """The score grad log q(x) = sum_i w_i(x) mu_i - x, for each row of x."""
    _, x, means = _points_and_means(x, means)
    return _posterior(x, means).T @ means - x
