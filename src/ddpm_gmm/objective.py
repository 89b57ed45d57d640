"""The DDPM objective on samples, in its three forms, with gradients.

The student for parameters theta is the score of a mixture: s(x) = E_theta[mean | x] - x, with
E_theta[mean | x] = tanh(theta . x) theta for the tied pair (``theta`` of shape (d,)) and
sum_i w_i(x) theta_i for K centres (``theta`` of shape (K, d)). All functions return L/2 and its
gradient with respect to the parameters at the noise scale at hand, theta_t = theta e^{-t}. Means
over the sample of:

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


def _mean(part, theta, *samples):
    """Mean over the rows of the samples of what ``part`` sums over a block of them."""
    n = len(samples[0])
    sums = (part(theta, *(s[i] for s in samples)) for i in mixture.blocks(n, max(theta.shape)))
    return sum(sums) / n


# -- the literal and the explicit form: regression of the posterior mean on a target v (n, d) ------
#    s(x) + z/sigma = E_theta[mean | x] - v with v = x - z/sigma;  s - score: v the truth's.


def _regression_loss(theta, x, v):
    if theta.ndim == 1:
        fit = np.outer(np.tanh(x @ theta), theta)
    else:
        fit = mixture._posterior(x, theta).T @ theta
    residual = fit - v
    return np.einsum("nd,nd->", residual, residual) / 2


def _regression_gradient(theta, x, v):
    if theta.ndim == 1:
        h = np.tanh(x @ theta)
        along_x = (1 - h**2) * (h * (theta @ theta) - v @ theta)
        return (h @ h) * theta - h @ v + along_x @ x
    w = mixture._posterior(x, theta)
    c = theta @ theta.T @ w - theta @ v.T  # c_i = theta_i . (fit - v)
    p = w * (c - np.einsum("kn,kn->n", w, c))
    return w @ w.T @ theta - w @ v + p @ x - p.sum(axis=1)[:, None] * theta


def _literal(part, theta, x, z, t):
    theta, x = check.parameter_and_sample(theta, x)
    z = check.array("z", z, 2)
    check.same("z.shape", z.shape, "x", x.shape)
    sigma = mixture.noise_scale(check.number("t", t, above=0))
    return _mean(lambda theta, x, z: part(theta, x, x - z / sigma), theta, x, z)


def literal_loss(theta: Float[Array, "*K d"], x: Float[Array, "n d"], z: Float[Array, "n d"], t):
    """The literal objective: mean |s(X_t) + Z / sqrt(1 - e^{-2t})|^2 / 2.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x, z : arrays (n, d)
        The noised points and their noise, as :func:`ddpm_gmm.mixture.diffuse` returns them.
    t : float
        Must be > 0: the target divides by the noise scale.

    Returns
    -------
    float
    """
    return _literal(_regression_loss, theta, x, z, t)


def literal_gradient(
    theta: Float[Array, "*K d"], x: Float[Array, "n d"], z: Float[Array, "n d"], t
) -> Float[Array, "*K d"]:
    """Gradient of :func:`literal_loss`; same arguments, shape of theta.

    For the pair, with h = tanh(theta . x) and v = x - z/sigma:
    mean[ h (h theta - v) + (1 - h^2) (theta . (h theta - v)) x ].
    """
    return _literal(_regression_gradient, theta, x, z, t)


def _explicit(part, theta, x, mu):
    theta, x = check.parameter_and_sample(theta, x)
    mu = check.array("mu", mu, 1, 2)
    check.same("mu.shape[-1]", mu.shape[-1], "the columns of x", x.shape[1])
    means = mixture.pair(mu) if mu.ndim == 1 else mu
    return _mean(lambda theta, x: part(theta, x, mixture._posterior(x, means).T @ means), theta, x)


def explicit_loss(theta: Float[Array, "*K d"], x: Float[Array, "n d"], mu: Float[Array, "*M d"]):
    """The explicit objective: mean |s(X_t) - score of q_t|^2 / 2.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x : array (n, d)
    mu : array (d,) for the pair {mu, -mu}, (K, d) for centres; at the noise scale of x

    Returns
    -------
    float
    """
    return _explicit(_regression_loss, theta, x, mu)


def explicit_gradient(
    theta: Float[Array, "*K d"], x: Float[Array, "n d"], mu: Float[Array, "*M d"]
) -> Float[Array, "*K d"]:
    """Gradient of :func:`explicit_loss`; same arguments, shape of theta."""
    return _explicit(_regression_gradient, theta, x, mu)


# -- the implicit form -----------------------------------------------------------------------------


def _implicit_loss(theta, x):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        return np.sum((theta @ theta) * (1 - h**2 / 2) - u * h)
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    return np.einsum("kn,kn->", w, np.diag(gram)[:, None] - theta @ x.T - gram @ w / 2)


def _implicit_gradient(theta, x):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        weight = h + (1 - h**2) * (u + (theta @ theta) * h)
        return (2 * len(x) - h @ h) * theta - weight @ x
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    c = np.diag(gram)[:, None] - gram @ w - theta @ x.T
    p = w * (c - np.einsum("kn,kn->n", w, c))
    own = (2 * w - p).sum(axis=1)[:, None] * theta
    return own - w @ w.T @ theta + (p - w) @ x


def implicit_loss(theta: Float[Array, "*K d"], x: Float[Array, "n d"]):
    """The implicit objective: mean of |s|^2/2 + div s, less the terms |x|^2/2 - d free of theta.

    Pair: r^2 (1 + sech^2 u)/2 - u tanh u with u = theta . x.
    K centres: -|f|^2/2 - f . x + sum_i w_i |theta_i|^2 with f = sum_i w_i theta_i.

    Parameters
    ----------
    theta : array (d,) for the tied pair, (K, d) for centres
    x : array (n, d)

    Returns
    -------
    float
    """
    return _mean(_implicit_loss, *check.parameter_and_sample(theta, x))


def implicit_gradient(theta: Float[Array, "*K d"], x: Float[Array, "n d"]) -> Float[Array, "*K d"]:
    """Gradient of :func:`implicit_loss`; same arguments, shape of theta.

    Pair, with h = tanh(u): mean[ (2 - h^2) theta - (h + (1 - h^2)(u + r^2 h)) x ].
    K centres, with c_i = |theta_i|^2 - (f + x) . theta_i and cbar = sum_j w_j c_j:
    mean[ w_k (2 theta_k - f - x) + w_k (c_k - cbar) (x - theta_k) ].
    """
    return _mean(_implicit_gradient, *check.parameter_and_sample(theta, x))


# -- what a step adds to gradient EM ---------------------------------------------------------------


def _remainder(theta, x, weights):
    if theta.ndim == 1:
        u = x @ theta
        h = np.tanh(u)
        slope = weights * (1 - h**2)
        return (slope * (u + (theta @ theta) * h)) @ x - slope.sum() * theta
    w = mixture._posterior(x, theta)
    gram = theta @ theta.T
    c = np.diag(gram)[:, None] - gram @ w - theta @ x.T
    p = weights * w * (c - np.einsum("kn,kn->n", w, c))
    own = weights * w
    return own @ w.T @ theta - p @ x + (p - own).sum(axis=1)[:, None] * theta


def G(
    theta: Float[Array, "*K d"], x: Float[Array, "n d"], weights: Float[Array, " n"] | None = None
) -> Float[Array, "*K d"]:
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
        The mean is of the integrand times these; all 1 if not given.

    Returns
    -------
    array of the shape of theta
    """
    theta, x = check.parameter_and_sample(theta, x)
    weights = np.ones(len(x)) if weights is None else check.array("weights", weights, 1)
    check.same("weights.shape[0]", len(weights), "the rows of x", len(x))
    return _mean(_remainder, theta, x, weights)
