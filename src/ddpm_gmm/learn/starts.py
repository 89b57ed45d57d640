"""Many starts at once on one sample: the steps of ``objective`` and ``em``, for a batch.

A batch of starts has shape (s, K, d). One pass over a small sample serves all of them, where a loop
would spend its time on calls.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture

Array = np.ndarray
Starts, Sample = Float[Array, "s K d"], Float[Array, "n d"]
Weights = Float[Array, " n"] | None


def _starts_and_sample(theta, x, weights):
    """(c, theta - c, x - c, weights), with c the origin of all the starts' centres."""
    theta, x = check.array("theta", theta, 3), check.array("x", x, 2)
    check.same("theta.shape[-1]", theta.shape[-1], "the columns of x", x.shape[1])
    weights = check.weights(weights, len(x))
    c = mixture.origin(theta.reshape(-1, theta.shape[-1]))
    return c, theta - c, mixture._less(x, c), 1 / len(x) if weights is None else weights


def _posterior(theta, x):
    """(s, K, n): the posterior weights of each start."""
    w = theta @ x.T - np.sum(theta**2, axis=-1)[..., None] / 2
    w -= w.max(axis=1, keepdims=True)
    np.exp(w, out=w)
    w /= w.sum(axis=1, keepdims=True)
    return w


def explicit_gradient(
    theta: Starts, x: Sample, mu: Float[Array, "M d"], weights: Weights = None
) -> Starts:
    """:func:`ddpm_gmm.objective.explicit_gradient` of each start.

    Parameters
    ----------
    theta : array (s, K, d)
    x : array (n, d)
    mu : array (M, d), the true centres
    weights : array (n,), optional
        Of the points; 1/n each if not given.
    """
    c, theta, x, weights = _starts_and_sample(theta, x, weights)
    mu = check.array("mu", mu, 2)
    check.same("mu.shape[1]", mu.shape[1], "the columns of x", x.shape[1])
    mu = mu - c
    target, w = mixture.posterior_mean(x, mu), _posterior(theta, x)
    gap = np.swapaxes(w, 1, 2) @ theta - target
    c = theta @ np.swapaxes(gap, 1, 2)
    p = w * (c - np.sum(w * c, axis=1, keepdims=True)) * weights
    return (w * weights) @ gap + p @ x - p.sum(axis=2)[..., None] * theta


def em_step(theta: Starts, x: Sample, weights: Weights = None) -> Starts:
    """:func:`ddpm_gmm.em.em_step` of each start.

    Shapes as in :func:`explicit_gradient`; only the ratios of the weights count.
    """
    c, theta, x, weights = _starts_and_sample(theta, x, weights)
    w = _posterior(theta, x) * weights
    mass = w.sum(axis=2)[..., None]
    return np.where(mass > 0, w @ x / np.where(mass > 0, mass, 1.0), theta) + c
