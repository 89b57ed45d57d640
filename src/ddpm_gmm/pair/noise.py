"""The pair's objective with the noise averaged out exactly, at one noise scale or over many.

Given a data point x0 the noised point X_t = e^{-t} x0 + sqrt(1 - e^{-2t}) Z is Gaussian, and the
implicit objective depends on it through u = theta_t . X_t alone. Write tau = e^{-2t}, r = |theta|
and c = theta . x0. Then u ~ N(a, v) with

    a = tau c,   v = tau (1 - tau) r^2,   and   T_k = E tanh^{(k)}(u).

Here ``theta`` and ``x0`` are at time 0, since the noise scales share them, and gradients are with
respect to that theta: those of :mod:`ddpm_gmm.objective` times e^{-t}. That all scales together,
with equal weight in t, are the log likelihood is due to Song, Durkan, Murray & Ermon 2021; the
formulas are derived in notebooks/likelihood.
"""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import make_interp_spline

from ddpm_gmm import check, geometry
from ddpm_gmm.pair import information, population

Array = np.ndarray

_STEP = 0.1  # of the table in c; its spline of degree 7 errs by about (0.1/pi)^8 |f^(8)| < 1e-7
_MOST = 40  # steps of the minimiser


def rule(q: int) -> tuple[Float[Array, " q"], Float[Array, " q"]]:
    """Noise scales t_j and weights w_j with sum_j w_j f(t_j) = int_0^infinity f(t) dt.

    Gauss-Legendre in tau = e^{-2t} on [0, 1], where dt = d tau/(2 tau). f must fall at least as
    e^{-2t}; the losses and gradients here fall as e^{-4t}.

    Parameters
    ----------
    q : int, the number of scales

    Returns
    -------
    t, w : arrays (q,), t falling
    """
    y, w = np.polynomial.legendre.leggauss(check.count("q", q))
    tau = (1 + y) / 2
    return -np.log(tau) / 2, w / (4 * tau)


def _times(t):
    t = check.array("t", t, 0, 1)
    if (t < 0).any():
        raise ValueError(f"t: got {t.min():g}, must be >= 0")
    return t


def _scales(t, weight):
    t, weight = np.atleast_1d(_times(t)), np.atleast_1d(check.array("weight", weight, 0, 1))
    check.same("weight.shape", weight.shape, "t", t.shape)
    return t, weight


def _pair_and_sample(theta, x0, name="theta"):
    theta, x0 = check.array(name, theta, 1), check.array("x0", x0, 2)
    check.same(f"{name}.shape", theta.shape, "the columns of x0", x0.shape[1:])
    return theta, x0


def _given(c, r, t, highest):
    """tau (*t), and a, v, T_k for every c and every t: (*c, *t)."""
    tau = np.exp(-2 * t)
    a = np.multiply.outer(c, tau)
    v = np.broadcast_to(-np.expm1(-2 * t) * tau * r**2, a.shape)
    return tau, a, v, population.moments(a, np.sqrt(v), highest)


def _parts(c, r, t):
    """B, W of shape (*c, *t): the gradient at the point x0 is B theta - W x0, c = theta . x0."""
    tau, a, v, T = _given(c, r, t, 3)
    k = v - tau * r**2 / 2
    W = tau * (T[0] + a * T[1] + k * T[2])
    B = tau * (1 + T[1] - (1 - tau) * (2 * T[1] + a * T[2] + k * T[3]))
    return B, W


def averaged_loss(theta: Float[Array, " d"], x0: Float[Array, "n d"], t):
    """Mean over the data of E[implicit loss of theta_t at X_t | X_0 = x0].

    mean[ tau r^2 (1 + T_1)/2 - a T_0 - v T_1 ], which is tau r^2 (1 + sech^2 u)/2 - u tanh u
    averaged by Stein's lemma.

    Parameters
    ----------
    theta : array (d,)
    x0 : array (n, d)
    t : float or array (q,), >= 0

    Returns
    -------
    float or array (q,)
    """
    (theta, x0), t = _pair_and_sample(theta, x0), _times(t)
    r = float(geometry.norm(theta))
    tau, a, v, T = _given(x0 @ theta, r, t, 1)
    return np.mean(tau * r**2 * (1 + T[1]) / 2 - a * T[0] - v * T[1], axis=0)


def averaged_gradient(
    theta: Float[Array, " d"], x0: Float[Array, "n d"], t
) -> Float[Array, "*q d"]:
    """Gradient of :func:`averaged_loss` with respect to theta; same arguments.

    mean[ B theta - W x0 ], with k = v - tau r^2/2 and
    W = tau (T_0 + a T_1 + k T_2),
    B = tau (1 + T_1 - (1 - tau)(2 T_1 + a T_2 + k T_3)).

    Returns
    -------
    array (d,) or (q, d)
    """
    (theta, x0), t = _pair_and_sample(theta, x0), _times(t)
    B, W = _parts(x0 @ theta, float(geometry.norm(theta)), t)
    return np.multiply.outer(B.mean(axis=0), theta) - W.T @ x0 / len(x0)


def _curvature(size, t, weight):
    """Expected Hessian of the weighted objective at a truth of this size, (along, across)."""
    tau = np.exp(-2 * t)
    mu = geometry.from_plane(size * np.sqrt(tau), 0.0)
    H = population.hessian(mu, mu)
    return weight * tau @ H[:, 0, 0], weight * tau @ H[:, 1, 1]


def covariance(size: float, t, weight) -> tuple[float, float]:
    """n times the error covariance of :func:`minimiser` for large n, (along mu, across mu).

    The sandwich V / H^2: V the variance of one point's gradient sum_j w_j (B_j mu - W_j x0) at the
    truth, H its mean slope. At least the inverse of :func:`ddpm_gmm.pair.information.fisher`, with
    equality for the weights of :func:`rule`; at t = 0 alone it is
    :func:`ddpm_gmm.pair.information.implicit_covariance`.

    Parameters
    ----------
    size : float, |mu| > 0
    t, weight : floats or arrays (q,)
    """
    size, (t, weight) = check.number("size", size, above=0), _scales(t, weight)
    g, w = population.nodes(size)
    c = size**2 + size * g
    B, W = (part @ weight for part in _parts(c, size, t))
    along, across = _curvature(size, t, weight)
    return float(w @ (size * B - W * c / size) ** 2 / along**2), float(w @ W**2 / across**2)


def error_ratio(size: float, d: int, t, weight) -> float:
    """Root-mean-square error of :func:`minimiser` over that of maximum likelihood, for large n.

    sqrt( (V_along + (d - 1) V_across) / (1/I_along + (d - 1)/I_across) ), V the
    :func:`covariance` and I the Fisher information.

    Parameters
    ----------
    size : float, |mu| > 0
    d : int
    t, weight : floats or arrays (q,)
    """
    along, across = covariance(size, t, weight)
    return float(np.sqrt((along + (d - 1) * across) / information.cramer_rao(size, d, 1)))


def minimiser(
    start: Float[Array, " d"], x0: Float[Array, "n d"], t, weight, tolerance: float = 1e-9
) -> Float[Array, " d"]:
    """The stationary point of sum_j weight_j averaged_loss(theta, x0, t_j) reached from ``start``.

    Scoring: theta <- theta - H^{-1} gradient, H the Hessian expected if theta were the truth; on n
    points the distance to the solution shrinks by about sqrt(d/n) a step. The gradient's two
    functions of c = theta . x0 are tabulated and splined at each step, with an error below 1e-7.

    Parameters
    ----------
    start : array (d,), near the solution
    x0 : array (n, d)
    t, weight : floats or arrays (q,)
    tolerance : float, on the length of the last step

    Returns
    -------
    array (d,)

    Raises
    ------
    RuntimeError
        If forty steps do not suffice, or one is longer than theta: there is no solution near.
    """
    (theta, x0), (t, weight) = _pair_and_sample(start, x0, "start"), _scales(t, weight)
    tolerance = check.number("tolerance", tolerance, above=0)
    for _ in range(_MOST):
        r = float(geometry.norm(theta))
        c = x0 @ theta
        knots = _STEP * np.arange(-8, int(np.abs(c).max() / _STEP) + 8)
        table = np.stack([part @ weight for part in _parts(knots, r, t)], axis=-1)
        B, W = make_interp_spline(knots, table, k=7)(np.abs(c)).T  # B is even in c, W is odd
        gradient = B.mean() * theta - (W * np.sign(c)) @ x0 / len(x0)
        along, across = _curvature(r, t, weight)
        forward = (gradient @ theta) / r**2 * theta
        step = forward / along + (gradient - forward) / across
        theta, length = theta - step, float(geometry.norm(step))
        if length <= tolerance:
            return theta
        if not length < r:
            break
    raise RuntimeError(
        f"no convergence: the last step from |theta| = {r:.3g} had length {length:.3g}"
    )
