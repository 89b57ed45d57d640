"""Quadrature: every rule here returns (nodes, weights), and the weights sum to 1.

A rule stands for a law, and the weighted sum of f over its nodes for the mean of f under that law.
Nodes of laws in R^d have shape (n, d), so that a rule can take the place of a sample wherever a
function takes ``weights``. Randomised points, whose weights are all equal, are drawn in
:mod:`ddpm_gmm.many.cubature`.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check

Array = np.ndarray

LARGEST = 1e4  # of |theta|; a diverging iterate must not take the machine's memory with it
_CUT = 9.0  # the Gaussian weight beyond is below 3e-19
_DIGITS = 46.0  # -log of (target error 1e-17 over the bound on tanh^{(k)} in the strip, 2 * 512)
_SPREAD = 1000  # of centres on a line, for the same reason


def gaussian(r: float) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """N(0, 1) for the pair: sum_j w_j f(m + r g_j) = E f(m + r g) to rounding, f = tanh^{(k)}.

    The trapezoidal rule with step h on [-9, 9]. f(m + r g) is analytic for |Im g| < pi/(2r). In the
    strip |Im g| <= a with a <= pi/(4r), tanh and its first five derivatives are at most 512 and the
    Gaussian is at most e^{a^2/2} times its real size, so the error is at most
    1024 e^{a^2/2} / (e^{2 pi a/h} - 1) (Trefethen & Weideman 2014), and
    h = 2 pi a / (a^2/2 + 46) makes that 1e-17. The number of nodes grows as r.

    Parameters
    ----------
    r : float, from 0 to 1e4

    Returns
    -------
    g, w : arrays (n,), symmetric about 0
    """
    r = check.number("r", r, least=0)
    if r > LARGEST:
        raise ValueError(f"r: got {r:g}, must be <= {LARGEST:g}: the nodes grow as r, to no end")
    a = np.sqrt(2 * _DIGITS)  # the a that lets h be largest, where the poles are far away
    if r > 0:
        a = min(a, np.pi / (4 * r))
    h = 2 * np.pi * a / (a**2 / 2 + _DIGITS)
    half = int(np.ceil(_CUT / h))
    g = h * np.arange(-half, half + 1)
    return g, h * np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi)


def plane(r: float) -> tuple[Float[Array, "n 2"], Float[Array, " n"]]:
    """N(0, I) in the plane of theta and mu: the product of :func:`gaussian` with itself.

    To rounding for integrands as smooth in every direction as tanh(r g) is in g: those of the pair
    with r the larger of |theta| and |mu|, those of several centres with r half their largest
    distance.

    Parameters
    ----------
    r : float, from 0 to 50

    Returns
    -------
    z : array (n, 2)
    w : array (n,)
    """
    r = check.number("r", r, least=0)
    if r > 50:
        raise ValueError(f"r: got {r:g}, must be <= 50: the nodes grow as r^2, to no end")
    g, w = gaussian(r)
    z = np.stack(np.meshgrid(g, g, indexing="ij"), axis=-1)
    return z.reshape(-1, 2), np.outer(w, w).ravel()


def about(
    means: Float[Array, "K d"], nodes: Float[Array, "q d"], weights: Float[Array, " q"]
) -> tuple[Float[Array, "n d"], Float[Array, " n"]]:
    """The mixture (1/K) sum_i N(mu_i, I), from a rule for N(0, I): its nodes about each centre.

    Parameters
    ----------
    means : array (K, d)
    nodes, weights : arrays (q, d), (q,)

    Returns
    -------
    x, w : arrays (K q, d), (K q,)
    """
    means, nodes = check.array("means", means, 2), check.array("nodes", nodes, 2)
    check.same("nodes.shape[1]", nodes.shape[1], "means", means.shape[1])
    weights = check.weights(check.array("weights", weights, 1), len(nodes), "nodes")
    x = (means[:, None] + nodes).reshape(-1, means.shape[1])
    return x, np.tile(weights, len(means)) / len(means)


def line(
    theta: Float[Array, "K 1"], mu: Float[Array, "M 1"]
) -> tuple[Float[Array, "n 1"], Float[Array, " n"]]:
    """The mixture of centres mu on a line, for integrands made of the posterior weights of theta.

    The trapezoidal rule about each of mu. The weights have poles no nearer to the real line than
    pi/spread, with the spread of theta or of mu. In the strip of half width a = pi/(2 spread) the
    integrands are bounded by a power of the spread; with step h the error is of order
    exp(a^2/2 - 2 pi a/h), and h makes it 1e-16 (Trefethen & Weideman 2014). Derived in
    notebooks/random-start-k.

    Parameters
    ----------
    theta : array (K, 1), the student's centres
    mu : array (M, 1), the true centres

    Returns
    -------
    x : array (n, 1)
    w : array (n,)
    """
    theta, mu = check.array("theta", theta, 2), check.array("mu", mu, 2)
    for name, centres in (("theta", theta), ("mu", mu)):
        check.same(f"{name}.shape", centres.shape, "centres on a line", (len(centres), 1))
    spread = max(float(np.ptp(theta)), float(np.ptp(mu)), 1.0)
    if spread > _SPREAD:
        raise ValueError(f"theta, mu: got a spread of {spread:g}, must be at most {_SPREAD}")
    a = np.pi / (2 * spread)
    steps = int(np.ceil(_CUT * (37 + a**2 / 2) / (2 * np.pi * a)))
    g = np.linspace(-_CUT, _CUT, 2 * steps + 1)
    density = np.exp(-(g**2) / 2)
    return about(mu, g[:, None], density / density.sum())


def scales(q: int) -> tuple[Float[Array, " q"], Float[Array, " q"]]:
    """Noise scales t_j for the uniform law of tau = e^{-2t} on [0, 1]: Gauss-Legendre.

    sum_j w_j f(t_j) = int_0^1 f d tau; since dt = d tau/(2 tau), the integral of f over all t > 0
    is the mean of f/(2 tau). Derived in notebooks/likelihood.

    Parameters
    ----------
    q : int, the number of scales

    Returns
    -------
    t, w : arrays (q,), t falling
    """
    y, w = np.polynomial.legendre.leggauss(check.count("q", q))
    return -np.log((1 + y) / 2) / 2, w / 2
