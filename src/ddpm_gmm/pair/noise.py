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

from ddpm_gmm import check, geometry, rules
from ddpm_gmm.pair import information, population

Array = np.ndarray


def _times(t):
    t = check.array("t", t, 0, 1)
    if (t < 0).any():
        raise ValueError(f"t: got {t.min():g}, must be >= 0")
    return t


def _scales(t, weight):
    t, weight = np.atleast_1d(_times(t)), np.atleast_1d(check.array("weight", weight, 0, 1))
    check.same("weight.shape", weight.shape, "t", t.shape)
    return t, weight


def _pair_and_sample(theta, x0):
    theta, x0 = check.array("theta", theta, 1), check.array("x0", x0, 2)
    check.same("theta.shape", theta.shape, "the columns of x0", x0.shape[1:])
    return theta, x0


def _given(c, r, t, highest):
    """tau (*t), and a, v, T_k for every c and every t: (*c, *t)."""
    tau = np.exp(-2 * t)
    a = np.multiply.outer(c, tau)
    v = np.broadcast_to(-np.expm1(-2 * t) * np.multiply.outer(np.square(r), tau), a.shape)
    return tau, a, v, population.moments(a, np.sqrt(v), highest)


def _mean(values, weights):
    """Over the first axis."""
    return values.mean(axis=0) if weights is None else weights @ values


def parts(c, r, t) -> tuple[Array, Array]:
    """B and W, with which a data point's gradient is B theta - W x0; they depend on theta . x0.

    With k = v - tau r^2/2,
    W = tau (T_0 + a T_1 + k T_2),
    B = tau (1 + T_1 - (1 - tau)(2 T_1 + a T_2 + k T_3)).

    Parameters
    ----------
    c : float or array (...), theta . x0
    r : float, |theta| >= 0, or an array that broadcasts with c
    t : float or array (q,), >= 0

    Returns
    -------
    B, W : arrays (..., q), or (...) for one t
    """
    (c, r), t = check.together("c", c, "r", r), _times(t)
    if r.min() < 0:
        raise ValueError(f"r: got {r.min():g}, must be >= 0")
    tau, a, v, T = _given(c, r, t, 3)
    k = v - np.multiply.outer(np.square(r), tau) / 2
    W = tau * (T[0] + a * T[1] + k * T[2])
    B = tau * (1 + T[1] - (1 - tau) * (2 * T[1] + a * T[2] + k * T[3]))
    return B, W


def averaged_loss(
    theta: Float[Array, " d"],
    x0: Float[Array, "n d"],
    t,
    weights: Float[Array, " n"] | None = None,
):
    """Mean over the data of E[implicit loss of theta_t at X_t | X_0 = x0].

    mean[ tau r^2 (1 + T_1)/2 - a T_0 - v T_1 ], which is tau r^2 (1 + sech^2 u)/2 - u tanh u
    averaged by Stein's lemma.

    Parameters
    ----------
    theta : array (d,)
    x0 : array (n, d)
    t : float or array (q,), >= 0
    weights : array (n,), optional
        Of the data points; 1/n each if not given.

    Returns
    -------
    float or array (q,)
    """
    (theta, x0), t = _pair_and_sample(theta, x0), _times(t)
    weights, r = check.weights(weights, len(x0), "x0"), float(geometry.norm(theta))
    tau, a, v, T = _given(x0 @ theta, r, t, 1)
    return _mean(tau * r**2 * (1 + T[1]) / 2 - a * T[0] - v * T[1], weights)


def averaged_gradient(
    theta: Float[Array, " d"],
    x0: Float[Array, "n d"],
    t,
    weights: Float[Array, " n"] | None = None,
) -> Float[Array, "*q d"]:
    """Gradient of :func:`averaged_loss` with respect to theta; same arguments.

    mean[ B theta - W x0 ], with the :func:`parts` B and W.

    Returns
    -------
    array (d,) or (q, d)
    """
    (theta, x0), t = _pair_and_sample(theta, x0), _times(t)
    weights = check.weights(weights, len(x0), "x0")
    B, W = parts(x0 @ theta, float(geometry.norm(theta)), t)
    along_x = W.T @ x0 / len(x0) if weights is None else (W.T * weights) @ x0
    return np.multiply.outer(_mean(B, weights), theta) - along_x


def variance(size: float, t, weight) -> tuple[float, float]:
    """Variance at the truth of one data point's gradient, summed over scales, (along, across).

    Of sum_j w_j (B_j mu - W_j x0), the noise averaged out: the floor that no number of noise draws
    a point gets below. With respect to theta at time 0, as :func:`averaged_gradient`.

    Parameters
    ----------
    size : float, |mu| > 0
    t, weight : floats or arrays (q,)
    """
    size, (t, weight) = check.number("size", size, above=0), _scales(t, weight)
    g, w = rules.gaussian(size)
    c = size**2 + size * g
    B, W = (part @ weight for part in parts(c, size, t))
    return float(w @ (size * B - W * c / size) ** 2), float(w @ W**2)


def curvature(size: float, t, weight) -> tuple[float, float]:
    """Expected Hessian of the weighted objective at a truth of this size, (along, across).

    Arguments as in :func:`variance`.
    """
    size, (t, weight) = check.number("size", size, above=0), _scales(t, weight)
    check.number("size at the smallest t", size * np.exp(-t.min()), least=information.LEAST)
    tau = np.exp(-2 * t)
    mu = geometry.from_plane(size * np.sqrt(tau), 0.0)
    H = population.hessian(mu, mu)
    return float(weight * tau @ H[:, 0, 0]), float(weight * tau @ H[:, 1, 1])


def covariance(size: float, t, weight) -> tuple[float, float]:
    """n times the error covariance of the weighted objective's minimiser, (along mu, across mu).

    The sandwich V / H^2 for large n: V the :func:`variance` of one point's gradient, H the
    :func:`curvature`. At least the inverse of :func:`ddpm_gmm.pair.information.fisher`, with
    equality for equal weights in t; at t = 0 alone it is
    :func:`ddpm_gmm.pair.information.implicit_covariance`.

    Arguments as in :func:`variance`.
    """
    t, weight = _scales(t, weight)
    largest = np.abs(weight).max()
    if largest == 0:
        raise ValueError(f"weight: got {weight}, must not be zero at every t")
    weight = np.ldexp(weight, -np.frexp(largest)[1])  # only their ratios count, and squares go far
    H, V = curvature(size, t, weight), variance(size, t, weight)
    return V[0] / H[0] ** 2, V[1] / H[1] ** 2


def error_ratio(size: float, d: int, t, weight) -> float:
    """Root-mean-square error of the objective's minimiser over maximum likelihood's, for large n.

    sqrt( (V_along + (d - 1) V_across) / (1/I_along + (d - 1)/I_across) ), V the
    :func:`covariance` and I the Fisher information.

    Parameters
    ----------
    size : float, |mu| > 0
    d : int
    t, weight : floats or arrays (q,)
    """
    d, (along, across) = check.count("d", d), covariance(size, t, weight)
    return float(np.sqrt((along + (d - 1) * across) / information.cramer_rao(size, d, 1)))


def one_copy(size: float, t: float) -> tuple[float, float]:
    """n times the error covariance of the implicit form on one noised copy, (along mu, across mu).

    e^{2t} times :func:`ddpm_gmm.pair.information.implicit_covariance` at the length |mu| e^{-t}:
    what :func:`covariance` becomes where the noise is drawn once and not averaged out.

    Parameters
    ----------
    size : float, |mu| > 0
    t : float, >= 0
    """
    size, t = check.number("size", size, above=0), check.number("t", t, least=0)
    along, across = information.implicit_covariance(size * np.exp(-t))
    return float(np.exp(2 * t) * along), float(np.exp(2 * t) * across)
