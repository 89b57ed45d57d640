"""K centres on a line: exact population gradients, by the trapezoidal rule.

E_q f = (1/K) sum_i E f(mu_i + g), g ~ N(0, 1). The responsibilities have poles no nearer to the
real line than pi/spread, with the spread of the student's or of the true centres, so the rule
converges geometrically (Trefethen & Weideman 2014). Derived in notebooks/random-start-k.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture

Array = np.ndarray

_REACH = 9.0  # the normal density at 9 is below 1e-18


def nodes(
    theta: Float[Array, " K"], mu: Float[Array, " M"]
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Nodes x and weights summing to one: E_q f is the weighted sum of f(x).

    In the strip of half width a = pi/(2 spread) the integrands are bounded by a power of the
    spread; with step h the error is of order exp(a^2/2 - 2 pi a/h), and h makes it 1e-16.

    Parameters
    ----------
    theta : array (K,), the student's centres
    mu : array (M,), the true centres

    Returns
    -------
    x, weight : arrays (n,)
    """
    theta, mu = check.array("theta", theta, 1), check.array("mu", mu, 1)
    spread = max(float(np.ptp(theta)), float(np.ptp(mu)), 1.0)
    if spread > 1000:
        raise ValueError(f"theta, mu: got a spread of {spread:g}, must be at most 1000")
    a = np.pi / (2 * spread)
    steps = int(np.ceil(_REACH * (37 + a**2 / 2) / (2 * np.pi * a)))
    g = np.linspace(-_REACH, _REACH, 2 * steps + 1)
    weight = np.exp(-(g**2) / 2)
    return (mu[:, None] + g).ravel(), np.tile(weight / weight.sum(), len(mu)) / len(mu)


def gradient(theta: Float[Array, " K"], mu: Float[Array, " M"]) -> Float[Array, " K"]:
    """Population gradient grad(L/2) for centres on a line.

    With r = f_theta - f_mu, c_i = theta_i r and cbar = sum_j w_j c_j:
    E[w_i r + w_i (c_i - cbar) (x - theta_i)].

    Parameters
    ----------
    theta : array (K,), the student's centres
    mu : array (M,), the true centres, at the noise scale of theta

    Returns
    -------
    array (K,)
    """
    x, weight = nodes(theta, mu)
    theta, mu = np.asarray(theta, dtype=np.float64), np.asarray(mu, dtype=np.float64)
    w = mixture.responsibilities(x[:, None], theta[:, None])
    r = theta @ w - mixture.posterior_mean(x[:, None], mu[:, None])[:, 0]
    c = theta[:, None] * r
    p = w * (c - np.sum(w * c, axis=0))
    return (w * r + p * (x - theta[:, None])) @ weight


def likelihood_gradient(theta: Float[Array, " K"], mu: Float[Array, " M"]) -> Float[Array, " K"]:
    """Gradient of the population log likelihood for centres on a line: E[w_i (x - theta_i)].

    Shapes as in :func:`gradient`. Its zeros are the fixed points of EM.
    """
    x, weight = nodes(theta, mu)
    theta = np.asarray(theta, dtype=np.float64)
    w = mixture.responsibilities(x[:, None], theta[:, None])
    return (w * (x - theta[:, None])) @ weight


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
