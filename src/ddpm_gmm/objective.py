"""The DDPM objective on samples, in its three forms, with gradients.

The student for parameters theta is the score of a mixture: s(x) = E_theta[mean | x] - x, with
E_theta[mean | x] = tanh(theta . x) theta for the tied pair (``theta`` of shape (d,)) and
sum_i w_i(x) theta_i for K centres (``theta`` of shape (K, d)). All functions return L/2 and its
gradient with respect to the parameters at the noise scale of the sample, theta_t = theta e^{-t}.
Means over the sample, or sums with ``weights`` (n,) of one's own, of:

literal
    |s(X_t) + Z / sqrt(1 - e^{-2t})|^2 / 2; needs the noise Z, and t > 0
explicit
    |s(X_t) - score of q_t|^2 / 2; needs the true centres
implicit
    |s(X_t)|^2 / 2 + div s(X_t), less |X_t|^2/2 - d; needs the points X_t alone

In expectation the three differ by constants that do not involve theta (denoising, explicit and
implicit score matching: Vincent 2011, Hyvarinen 2005); on a finite sample they are three different
functions. The objective is the paper's; the closed forms are derived in notebooks/preliminaries.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture

Array = np.ndarray
Theta, Sample = Float[Array, "*K d"], Float[Array, "n d"]
Weights = Float[Array, " n"] | None


def _mean(part, theta, weights, x, *others):
    """Mean over the rows of what ``part`` sums over a block, seen from the origin of theta."""
    c, theta = mixture._centred(theta)
    weights, blocks = check.weights(weights, len(x)), mixture.blocks(len(x), max(theta.shape))

    def over(rows):
        own = None if weights is None else weights[rows]
        return part(theta, own, mixture._less(x[rows], c), *(other[rows] for other in others))

    return sum(map(over, blocks)) / (len(x) if weights is None else 1)


def _times(values, weights):
    """The values (..., n), each times its weight where there are any."""
    return values if weights is None else values * weights


def _sum(values, weights):
    """The sum of the values (n,), each times its weight where there are any."""
    return values.sum() if weights is None else values @ weights


# -- the literal and the explicit form: regression of the posterior mean on a target v (n, d) ------
#    s(x) + z/sigma = E_theta[mean | x] - v with v = x - z/sigma;  s - score: v the truth's.


def _regression_loss(theta, weights, x, v):
    pair = theta.ndim == 1
    fit = np.outer(np.tanh(x @ theta), theta) if pair else mixture._posterior(x, theta).T @ theta
    residual = fit - v
    if weights is None:  # one contraction: three times as fast as a row at a time
        return np.einsum("nd,nd->", residual, residual) / 2
    return np.einsum("nd,nd->n", residual, residual) @ weights / 2


def _regression_gradient(theta, weights, x, v):
    if theta.ndim == 1:
        h = np.tanh(x @ theta)
        along_x = _times((1 - h**2) * (h * (theta @ theta) - v @ theta), weights)
        own = _times(h, weights)
        return (own @ h) * theta - own @ v + along_x @ x
    w = mixture._posterior(x, theta)
    c = theta @ theta.T @ w - theta @ v.T  # c_i = theta_i . (fit - v)
    p = _times(w * (c - np.einsum("kn,kn->n", w, c)), weights)
    own = _times(w, weights)
    return own @ w.T @ theta - own @ v + p @ x - p.sum(axis=1)[:, None] * theta


def _literal(part, theta, x, z, t, weights):
    theta, x = check.parameter_and_sample(theta, x, of="theta_t")
    z = check.array("z", z, 2)
    check.same("z.shape", z.shape, "x", x.shape)
    sigma = mixture.noise_scale(check.number("t", t, above=0))
    return _mean(lambda theta, s, x, z: part(theta, s, x, x - z / sigma), theta, weights, x, z)


def literal_loss(theta_t: Theta, x: Sample, z: Sample, t, weights: Weights = None):
    """The literal objective: mean |s(X_t) + Z / sqrt(1 - e^{-2t})|^2 / 2.

    Parameters
    ----------
    theta_t : array (d,) for the tied pair, (K, d) for centres; at time t
    x, z : arrays (n, d)
        The noised points and their noise, as :func:`ddpm_gmm.mixture.diffuse` returns them.
    t : float
        Must be > 0: the target divides by the noise scale.
    weights : array (n,), optional
        Of the points; 1/n each if not given.

    Returns
    -------
    float
    """
    return _literal(_regression_loss, theta_t, x, z, t, weights)


def literal_gradient(theta_t: Theta, x: Sample, z: Sample, t, weights: Weights = None) -> Theta:
    """Gradient of :func:`literal_loss` in theta_t; same arguments, shape of theta_t.

    For the pair, with h = tanh(theta . x) and v = x - z/sigma:
    mean[ h (h theta - v) + (1 - h^2) (theta . (h theta - v)) x ].
    """
    return _literal(_regression_gradient, theta_t, x, z, t, weights)


def _explicit(part, theta, x, mu, weights):
    theta, x = check.parameter_and_sample(theta, x)
    mu = check.array("mu", mu, 1, 2)
    check.same("mu.shape[-1]", mu.shape[-1], "the columns of x", x.shape[1])
    means = (mixture.pair(mu) if mu.ndim == 1 else mu) - mixture._centred(theta)[0]

    def towards_truth(theta, weights, x):
        return part(theta, weights, x, mixture._posterior(x, means).T @ means)

    return _mean(towards_truth, theta, weights, x)


def explicit_loss(theta: Theta, x: Sample, mu: Float[Array, "*M d"], weights: Weights = None):
    """The explicit objective: mean |s(X_t) - score of q_t|^2 / 2.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x : array (n, d)
    mu : array (d,) for the pair {mu, -mu}, (K, d) for centres; at the noise scale of x
    weights : array (n,), optional
        As in :func:`literal_loss`, which says what is returned.
    """
    return _explicit(_regression_loss, theta, x, mu, weights)


def explicit_gradient(
    theta: Theta, x: Sample, mu: Float[Array, "*M d"], weights: Weights = None
) -> Theta:
    """Gradient of :func:`explicit_loss`; same arguments, shape of theta."""
    return _explicit(_regression_gradient, theta, x, mu, weights)


# -- the implicit form -----------------------------------------------------------------------------


def _implicit_loss(theta, weights, x):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        return _sum((theta @ theta) * (1 - h**2 / 2) - u * h, weights)
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    own = np.diag(gram)[:, None] - theta @ x.T - gram @ w / 2
    return _sum(np.einsum("kn,kn->n", w, own), weights)


def _implicit_gradient(theta, weights, x):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        along_x = _times(h + (1 - h**2) * (u + (theta @ theta) * h), weights)
        mass = len(x) if weights is None else weights.sum()
        return (2 * mass - _times(h, weights) @ h) * theta - along_x @ x
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    c = np.diag(gram)[:, None] - gram @ w - theta @ x.T
    p = _times(w * (c - np.einsum("kn,kn->n", w, c)), weights)
    own = _times(w, weights)
    mass = (2 * own - p).sum(axis=1)[:, None]
    return mass * theta - own @ w.T @ theta + (p - own) @ x


def implicit_loss(theta: Theta, x: Sample, weights: Weights = None):
    """The implicit objective: mean of |s|^2/2 + div s, less the terms |x|^2/2 - d free of theta.

    These depend on the origin, and so does this form, alone of the three.
    Pair: r^2 (1 + sech^2 u)/2 - u tanh u with u = theta . x.
    K centres: -|f|^2/2 - f . x + sum_i w_i |theta_i|^2 with f = sum_i w_i theta_i.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x : array (n, d)
    weights : array (n,), optional
        As in :func:`literal_loss`, which says what is returned.
    """
    theta, x = check.parameter_and_sample(theta, x)
    about_c, (c, _) = _mean(_implicit_loss, theta, weights, x), mixture._centred(theta)
    rows = x @ c - c @ c / 2  # by how much the |x|^2/2 that is left out differs from that about c
    return about_c - (rows.mean() if weights is None else rows @ weights)


def implicit_gradient(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """Gradient of :func:`implicit_loss`; same arguments, shape of theta.

    Pair, with h = tanh(u): mean[ (2 - h^2) theta - (h + (1 - h^2)(u + r^2 h)) x ].
    K centres, with c_i = |theta_i|^2 - (f + x) . theta_i and cbar = sum_j w_j c_j:
    mean[ w_k (2 theta_k - f - x) + w_k (c_k - cbar) (x - theta_k) ].
    """
    theta, x = check.parameter_and_sample(theta, x)
    return _mean(_implicit_gradient, theta, weights, x)


# -- what a step adds to gradient EM ---------------------------------------------------------------


def _remainder(theta, weights, x):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        slope = _times(1 - h**2, weights)
        return (slope * (u + (theta @ theta) * h)) @ x - slope.sum() * theta
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    c = np.diag(gram)[:, None] - gram @ w - theta @ x.T
    p = _times(w * (c - np.einsum("kn,kn->n", w, c)), weights)
    own = _times(w, weights)
    return own @ w.T @ theta - p @ x + (p - own).sum(axis=1)[:, None] * theta


def G(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """What a step along the implicit form adds to a step of gradient EM, on a sample.

    Pair, with h = tanh(u): mean[ (1 - h^2) ((u + r^2 h) x - theta) ].
    K centres, with f = sum_j w_j theta_j, c_k = (x - theta_k) . (f - theta_k) and
    cbar = sum_j w_j c_j: mean[ w_k (f - theta_k) - w_k (c_k - cbar) (x - theta_k) ].

    So -implicit_gradient is the gradient of the log likelihood plus G. Every term carries a product
    of two weights w_j w_k: it comes from points that do not know their centre. The pair's mean over
    the population is :func:`ddpm_gmm.pair.population.G`. Derived in notebooks/lemma-12.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x : array (n, d)
    weights : array (n,), optional
        As in :func:`literal_loss`.

    Returns
    -------
    array of the shape of theta
    """
    theta, x = check.parameter_and_sample(theta, x)
    return _mean(_remainder, theta, weights, x)
