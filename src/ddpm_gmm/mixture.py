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


def _points_and_means(x, means):
    x, means = check.array("x", x, 2), check.array("means", means, 2)
    check.same("means.shape[1]", means.shape[1], "the columns of x", x.shape[1])
    return x, means


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


def log_density(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, " n"]:
    """log q(x) = log (1/K) sum_i exp(-|x - mu_i|^2 / 2) - (d/2) log 2 pi, for each row of x."""
    x, means = _points_and_means(x, means)
    logits = _logits(x, means)
    half_norm = 0.5 * np.einsum("nd,nd->n", x, x)
    constant = 0.5 * x.shape[1] * np.log(2 * np.pi) + np.log(len(logits))
    return logsumexp(logits, axis=0) - half_norm - constant


def responsibilities(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "K n"]:
    """Posterior weights w_i(x) = softmax_i(x . mu_i - |mu_i|^2 / 2), laid out (K, n).

    Sums over components then run along the long axis, which is several times faster than (n, K).
    """
    return _posterior(*_points_and_means(x, means))


def posterior_mean(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """E[mu_I | X = x] = sum_i w_i(x) mu_i, for each row of x.

    For the pair {mu, -mu} it is tanh(mu . x) mu.
    """
    return responsibilities(x, means).T @ np.asarray(means, dtype=np.float64)


def score(x: Float[Array, "n d"], means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """The score grad log q(x) = sum_i w_i(x) mu_i - x, for each row of x."""
    return posterior_mean(x, means) - np.asarray(x, dtype=np.float64)
