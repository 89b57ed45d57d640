"""The pair {mu, -mu}, exactly: population loss, gradient, EM step and G in any dimension.

Write m = theta . mu, r = |theta| and u = theta . x. Under x ~ N(mu, I) (the other half of the
mixture gives the same values by symmetry) u ~ N(m, r^2), and everything is built from

    T_k = E tanh^{(k)}(u),   u ~ N(m, r^2).

By Stein's lemma E[f(u) x] = mu E f(u) + theta E f'(u), so nothing is ever divided by r and the
limits theta = 0 and mu = 0 need no special case. By the heat equation dT_k = T_{k+1} dm +
T_{k+2} d(r^2)/2, which gives the derivatives. Here mu means mu_t, the centre at the noise scale at
hand, and the objective is L/2. Derived in notebooks/preliminaries and notebooks/lemma-11; that the
low-noise step is an EM step plus a term G is the paper's (Lemma 11).
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check
from ddpm_gmm.geometry import norm

Array = np.ndarray

CUT = 9.0  # the Gaussian weight beyond is below 3e-19
LARGEST = 1e4  # of |theta|; a diverging iterate must not take the machine's memory with it
_DIGITS = 46.0  # -log of (target error 1e-17 over the bound on tanh^{(k)} in the strip, 2 * 512)


def nodes(r: float) -> tuple[Float[Array, " q"], Float[Array, " q"]]:
    """Nodes g and weights w with sum_j w_j f(m + r g_j) = E f(m + r g) to rounding, f = tanh^{(k)}.

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
    g, w : arrays (q,), symmetric about 0
    """
    r = check.number("r", r, least=0)
    if r > LARGEST:
        raise ValueError(f"r: got {r:g}, must be <= {LARGEST:g}: the nodes grow as r, to no end")
    a = np.sqrt(2 * _DIGITS)  # the a that lets h be largest, where the poles are far away
    if r > 0:
        a = min(a, np.pi / (4 * r))
    h = 2 * np.pi * a / (a**2 / 2 + _DIGITS)
    half = int(np.ceil(CUT / h))
    g = h * np.arange(-half, half + 1)
    return g, h * np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi)


def _derivatives(s):
    """tanh and its first five derivatives, as polynomials in s = tanh(u)."""
    c = 1 - s**2
    return (
        s,
        c,
        -2 * s * c,
        (6 * s**2 - 2) * c,
        (16 - 24 * s**2) * s * c,
        (16 - 120 * s**2 * c) * c,
    )


def moments(m, r, highest: int = 3) -> Float[Array, "orders *batch"]:
    """T_k = E tanh^{(k)}(m + r g), g ~ N(0, 1), for k = 0, ..., ``highest``.

    Parameters
    ----------
    m, r : floats or arrays that broadcast against each other; r >= 0
    highest : int, at most 5

    Returns
    -------
    array (highest + 1, ...)
    """
    m, r = check.together("m", m, "r", r)
    highest = check.count("highest", highest, least=0, most=5)
    if (r < 0).any():
        raise ValueError(f"r: got {r.min():g}, must be >= 0")
    g, w = nodes(float(r.max()))
    flat_m, flat_r = m.ravel(), r.ravel()
    out = np.empty((highest + 1, flat_m.size))
    block = max(1, 2**18 // g.size)  # keeps each temporary in the cache
    for start in range(0, flat_m.size, block):
        part = slice(start, start + block)
        s = np.tanh(flat_m[part, None] + flat_r[part, None] * g)
        for k, f in enumerate(_derivatives(s)[: highest + 1]):
            out[k, part] = f @ w
    return out.reshape(highest + 1, *m.shape)


def _invariants(theta, mu):
    theta, mu = check.vectors(theta, mu)
    return theta, mu, np.einsum("...i,...i->...", theta, mu), norm(theta)


def _combine(along_mu, mu, along_theta, theta):
    return along_mu[..., None] * mu + along_theta[..., None] * theta


def loss(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]):
    """The population objective L/2 of the pair, up to a constant.

    L/2 = (r^2/2) (1 - T_1) - m T_0

    which is r^2 (1 + E sech^2 u)/2 - E[u tanh u] after Stein's lemma.

    Parameters
    ----------
    theta, mu : arrays (..., d) that broadcast against each other

    Returns
    -------
    float or array (...)
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 1)
    return r**2 / 2 * (1 - T[1]) - m * T[0]


def em_step(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d"]:
    """The population EM update E[tanh(theta . x) x] = T_0 mu + T_1 theta.

    Shapes as in :func:`loss`; mu is a fixed point.
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 1)
    return _combine(T[0], mu, T[1], theta)


def G(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d"]:
    """What a unit gradient step adds to an EM step (the paper's Lemma 11; its form derived here).

    G = -theta E[tanh' u] - (r^2/2) E[tanh''(u) x] + E[u tanh'(u) x],

    after Stein's lemma (m T_1 + (r^2/2) T_2) mu + (m T_2 + (r^2/2) T_3) theta.

    Shapes as in :func:`loss`; G vanishes at theta = mu.
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 3)
    return _combine(m * T[1] + r**2 / 2 * T[2], mu, m * T[2] + r**2 / 2 * T[3], theta)


def gradient(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d"]:
    """The gradient of the population objective L/2 with respect to theta.

    grad(L/2) = -{ E[tanh(u) x] - theta } - G,  so theta - grad(L/2) is an EM step plus G.

    Shapes as in :func:`loss`; zero at theta = 0, mu and -mu.
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 3)
    along_mu = T[0] + m * T[1] + r**2 / 2 * T[2]
    along_theta = T[1] - 1 + m * T[2] + r**2 / 2 * T[3]
    return -_combine(along_mu, mu, along_theta, theta)


def _outer(theta, mu, mu_mu, mixed, theta_theta, identity):
    def outer(x, y):
        return x[..., :, None] * y[..., None, :]

    theta, mu = np.broadcast_arrays(theta, mu)
    cross = outer(theta, mu)
    return (
        mu_mu[..., None, None] * outer(mu, mu)
        + mixed[..., None, None] * (cross + np.swapaxes(cross, -1, -2))
        + theta_theta[..., None, None] * outer(theta, theta)
        + identity[..., None, None] * np.eye(theta.shape[-1])
    )


def em_jacobian(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d d"]:
    """Jacobian of :func:`em_step` in theta.

    T_1 mu mu' + T_2 (mu theta' + theta mu') + T_3 theta theta' + T_1 I

    Shapes: theta, mu as in :func:`loss`, result (..., d, d). Symmetric. Across the plane of theta
    and mu it is T_1 times the identity, so d = 3 already shows every eigenvalue that any larger d
    has.
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 3)
    return _outer(theta, mu, T[1], T[2], T[3], T[1])


def hessian(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d d"]:
    """Hessian of the population objective L/2; a gradient step has Jacobian I - eta * hessian.

    -H = c_1 mu mu' + c_2 (mu theta' + theta mu') + c_3 theta theta' + c_0 I,
    c_k = 2 T_k + m T_{k+1} + (r^2/2) T_{k+2} for k = 1, 2, 3, and
    c_0 = T_1 - 1 + m T_2 + (r^2/2) T_3

    Shapes: theta, mu as in :func:`loss`, result (..., d, d). As for :func:`em_jacobian`, d = 3
    shows every eigenvalue of any larger d.
    """
    theta, mu, m, r = _invariants(theta, mu)
    T = moments(m, r, 5)
    c1, c2, c3 = (2 * T[k] + m * T[k + 1] + r**2 / 2 * T[k + 2] for k in (1, 2, 3))
    return -_outer(theta, mu, c1, c2, c3, T[1] - 1 + m * T[2] + r**2 / 2 * T[3])
