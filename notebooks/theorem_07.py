"""What the chapter on Theorem 7 alone needs: runs in batches, and what is left of their iterates.

A batch has a sample for each run, (s, n, d), and an iterate for each, (s, d) at time zero.
"""

import numpy as np

from ddpm_gmm import check, mixture
from ddpm_gmm.geometry import norm
from ddpm_gmm.learn import power
from ddpm_gmm.pair import information, noise


def walk(size: float, t: float, k: int = 1, eta: float = 1.0):
    """n times the error covariance of the mean of k iterates, (along mu, across mu).

    Floor plus jitter (theorem-07-average). About the averaged objective's minimiser the iterates
    of the literal form with fresh noise are an autoregression with rho = 1 - eta H, whose variance
    is eta S / (H (2 - eta H)); S is what the noise adds to a point's gradient, and the mean of k
    keeps the share (1 + rho)/(k (1 - rho)) - 2 rho (1 - rho^k)/(k (1 - rho))^2 of it.

    Parameters
    ----------
    size : float, |mu| > 0
    t : float, > 0
    k : int, how many iterates are averaged
    eta : float, > 0, the step

    Returns
    -------
    array (2,)
    """
    size, t = check.number("size", size, above=0), check.number("t", t, above=0)
    k, eta = check.count("k", k), check.number("eta", eta, above=0)
    size_t, shrink = size * np.exp(-t), np.exp(-2 * t)
    H, floor = np.array(information.curvature(size_t)), np.array(noise.covariance(size, t, 1.0))
    share = np.array(information.literal_variance(size_t, t)) / shrink - floor * H**2
    jitter, rho = eta * share / (H * (2 - eta * H)), 1 - eta * H
    kept = (1 + rho) / (k * (1 - rho)) - 2 * rho * (1 - rho**k) / (k * (1 - rho)) ** 2
    return floor + jitter * kept


def samples(rng, runs: int, n: int, d: int, length: float):
    """A sample of the pair for each run, (runs, n, d); mu is ``length`` along the first axis."""
    rng = check.generator(rng)
    x = rng.standard_normal((runs, n, d))
    x[..., 0] += length * rng.choice([-1.0, 1.0], (runs, n))
    return x


def descents(field, theta, t: float, eta: float, count, keep: int = 0):
    """Last iterates of descent on ``field`` at time t, and the means of each run's last ``keep``.

    ``count`` is a number of steps, or one for each run. ``field`` sees theta at time zero and gives
    a gradient with respect to theta e^{-t}, in which the step is ``eta``.
    """
    count = np.broadcast_to(count, len(theta))
    total, step = np.zeros_like(theta), eta * np.exp(t)
    for h in range(count.max()):
        going = (h < count)[:, None]
        theta = np.where(going, theta - step * field(theta), theta)
        total += np.where(going & (h >= count - keep)[:, None], theta, 0)
    return theta, total / max(keep, 1)


def implicit(theta, x):
    """The implicit gradient of each run at the points x (s, n, d)."""
    u, square = np.matvec(x, theta), np.sum(theta**2, axis=1, keepdims=True)
    h = np.tanh(u)
    along_x = np.vecmat(h + (1 - h**2) * (u + square * h), x) / x.shape[1]
    return (2 - np.mean(h**2, axis=1, keepdims=True)) * theta - along_x


def em_field(theta, x):
    """theta less its EM step, of each run at the points x (s, n, d)."""
    return theta - np.vecmat(np.tanh(np.matvec(x, theta)), x) / x.shape[1]


def one_copy(rng, x0, t: float):
    """The literal gradient as a field on one noised copy of each run's sample, drawn here."""
    rng = check.generator(rng)
    x, z = mixture.diffuse(rng, x0.reshape(-1, x0.shape[-1]), t)
    x, v = x.reshape(x0.shape), (x - z / mixture.noise_scale(t)).reshape(x0.shape)

    def field(theta):
        theta = np.exp(-t) * theta
        h, square = np.tanh(np.matvec(x, theta)), np.sum(theta**2, axis=1, keepdims=True)
        p = (1 - h**2) * (h * square - np.matvec(v, theta))
        along_both = (np.vecmat(p, x) - np.vecmat(h, v)) / x.shape[1]
        return np.mean(h**2, axis=1, keepdims=True) * theta + along_both

    return field


def steps_seen(square, d: int, t: float):
    """Unit steps of stage one, from the mean square of the points alone.

    log d over the turn of a step, log(1 + 2 m e^{-2t}), with m = mean |x|^2 - d in the place of
    |mu|^2 (at least a quarter): they divide the tangent by d, twice in the logarithm what the
    typical start needs.
    """
    m = np.maximum(np.asarray(square) - d, 0.25)
    return np.ceil(np.log(d) / np.log1p(2 * m * np.exp(-2 * t))).astype(int)


def principal(x):
    """The top eigenvector of each run's second moments, (s, d)."""
    return np.array([power.top_eigenvector(one) for one in x])


def loners(theta, x):
    """The share of a run's points whose sign turns if their own vote is taken from theta . x."""
    u = np.matvec(x, theta)
    return np.mean(u * (u - np.tanh(u) * norm(x) ** 2 / x.shape[1]) < 0, axis=1)
