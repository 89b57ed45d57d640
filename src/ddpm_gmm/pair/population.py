"""The pair {mu, -mu}, exactly: population loss, gradient, EM step and G in any dimension.

Write m = theta . mu, r = |theta| and u = theta . x. Under x ~ N(mu, I) (the other half of the
mixture gives the same values by symmetry) u ~ N(m, r^2), and everything is built from

    T_k = E tanh^{(k)}(u),   u ~ N(m, r^2).

By Stein's lemma E[f(u) x] = mu E f(u) + theta E f'(u), so nothing is ever divided by r and the
limits theta = 0 and mu = 0 need no special case. By the heat equation dT_k = T_{k+1} dm +
T_{k+2} d(r^2)/2, which gives the derivatives. Here mu means mu_t, the centre at the noise scale at
hand, and the objective is L/2. A gradient step of size eta is eta P mu + (1 - eta + eta Q) theta,
with P the :func:`push` along the truth and Q the :func:`drag`. Derived in notebooks/preliminaries
and notebooks/lemma-11; that the low-noise step is an EM step plus a term G is the paper's
(Lemma 11).
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, rules
from ddpm_gmm.geometry import norm

Array = np.ndarray


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
    g, w = rules.gaussian(float(r.max()))
    flat_m, flat_r = m.ravel(), r.ravel()
    out = np.empty((highest + 1, flat_m.size))
    block = max(1, 2**18 // g.size)  # keeps each temporary in the cache
    for start in range(0, flat_m.size, block):
        part = slice(start, start + block)
        s = np.tanh(flat_m[part, None] + flat_r[part, None] * g)
        for k, f in enumerate(_derivatives(s)[: highest + 1]):
            out[k, part] = f @ w
    return out.reshape(highest + 1, *m.shape)


def _push(m, r, T):
    return T[0] + m * T[1] + r**2 / 2 * T[2]


def push(m, r):
    """P = T_0 + m T_1 + (r^2/2) T_2: the coefficient of mu in -grad(L/2) = P mu + (Q - 1) theta.

    Parameters
    ----------
    m, r : floats or arrays that broadcast against each other; r >= 0

    Returns
    -------
    float or array (...)
    """
    m, r = check.together("m", m, "r", r)
    return _push(m, r, moments(m, r, 2))


def drag(m, r):
    """Q = T_1 + m T_2 + (r^2/2) T_3: theta shrinks to 1 - eta + eta Q of itself in a step eta.

    Shapes as in :func:`push`.
    """
    m, r = check.together("m", m, "r", r)
    T = moments(m, r, 3)
    return T[1] + m * T[2] + r**2 / 2 * T[3]


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


def em_gradient(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "*b d"]:
    """EM as a gradient field, theta - E[tanh(theta . x) x]: a unit step along it is an EM step.

    Minus the gradient of the population log likelihood. Shapes as in :func:`loss`.
    """
    theta, mu = check.vectors(theta, mu)
    return theta - em_step(theta, mu)


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
    along_theta = T[1] - 1 + m * T[2] + r**2 / 2 * T[3]
    return -_combine(_push(m, r, T), mu, along_theta, theta)


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


def jacobians(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "3 *b d d"]:
    """Jacobians of the EM step, of :func:`G` and of the unit gradient step, their sum.

    Shapes as in :func:`em_jacobian`, one after the other. Symmetric.
    """
    em = em_jacobian(theta, mu)
    step = np.eye(em.shape[-1]) - hessian(theta, mu)
    return np.array([em, step - em, step])


def norms(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]) -> Float[Array, "3 *b"]:
    """Spectral norms of :func:`jacobians`: where one is below 1, that map contracts."""
    return np.abs(np.linalg.eigvalsh(jacobians(theta, mu))).max(axis=-1)
