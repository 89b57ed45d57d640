"""What the chapter on all noise scales alone needs: their integral, its minimiser, drawn noise."""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import make_interp_spline

from ddpm_gmm import check, geometry, rules
from ddpm_gmm.pair import information, noise

Array = np.ndarray

_STEP = 0.1  # of the table in c; its spline of degree 7 errs by about (0.1/pi)^8 |f^(8)| < 1e-7
_MOST = 40  # steps of the minimiser
_NODES = 100  # of the integral over tau


def all_scales(q: int) -> tuple[Float[Array, " q"], Float[Array, " q"]]:
    """Noise scales t_j and weights w_j with sum_j w_j f(t_j) = int_0^infinity f(t) dt.

    Those of :func:`ddpm_gmm.rules.scales`, over 2 tau. f must fall at least as e^{-2t}; the losses
    and gradients here fall as e^{-4t}.

    Parameters
    ----------
    q : int, the number of scales

    Returns
    -------
    t, w : arrays (q,), t falling
    """
    t, w = rules.scales(q)
    return t, w * np.exp(2 * t) / 2


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
    theta, x0 = check.array("start", start, 1), check.array("x0", x0, 2)
    check.same("start.shape", theta.shape, "the columns of x0", x0.shape[1:])
    t, weight = check.array("t", t, 0, 1), check.array("weight", weight, 0, 1)
    check.same("weight.shape", weight.shape, "t", t.shape)
    t, weight = np.atleast_1d(t), np.atleast_1d(weight)
    tolerance = check.number("tolerance", tolerance, above=0)
    for _ in range(_MOST):
        r = float(geometry.norm(theta))
        c = x0 @ theta
        knots = _STEP * np.arange(-8, int(np.abs(c).max() / _STEP) + 8)
        table = np.stack([part @ weight for part in noise.parts(knots, r, t)], axis=-1)
        B, W = make_interp_spline(knots, table, k=7)(np.abs(c)).T  # B is even in c, W is odd
        gradient = B.mean() * theta - (W * np.sign(c)) @ x0 / len(x0)
        along, across = noise.curvature(r, t, weight)
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


def _by_drawing(size: float, t: float):
    """What a draw at scale t adds to the variance of a point's gradient in theta: (form, axis)."""
    size_t = size * np.exp(-t)
    one = information.implicit_variance(size_t), information.literal_variance(size_t, t)
    return np.exp(-2 * t) * np.array(one) - noise.variance(size, t, 1.0)


def drawn(size: float, d: int, q: int) -> Float[Array, " 2"]:
    """Error over maximum likelihood's with one draw of the noise at each of q scales, for large n.

    To the variance I of one point's gradient, the noise averaged out, the draws add
    sum_j (2 w_j)^2 (e^{-2 t_j} V(t_j) - U(t_j)) with t_j, w_j of :func:`all_scales`, V the variance
    of one noised point's gradient in theta_t and U that of its mean over the noise, in theta.

    Parameters
    ----------
    size : float, |mu| > 0
    d : int
    q : int, the number of scales; so many that their sum has the Fisher information I as Hessian

    Returns
    -------
    implicit, literal : ratios of root-mean-square errors, for the two forms of the objective
    """
    fisher = np.array(information.fisher(size))
    total = np.array([fisher, fisher])
    for t, w in zip(*all_scales(q), strict=True):
        total += 4 * w**2 * _by_drawing(size, t)
    ones = [1, check.count("d", d) - 1]
    return np.sqrt(total / fisher**2 @ ones / information.cramer_rao(size, d, 1))


def drawn_law(size: float, d: int) -> Float[Array, " 2"]:
    """The limit of q (:func:`drawn` squared, less 1) for many scales q.

    pi int_0^1 sqrt(tau (1 - tau)) D(tau)/tau^2 d tau over the trace of the inverse information,
    D/tau the variance that a draw adds in theta_t; by the midpoint rule in the angle of which
    2 tau - 1 is the cosine, where the integrand is smooth and periodic.

    Parameters
    ----------
    size : float, |mu| > 0
    d : int

    Returns
    -------
    implicit, literal : floats, for the two forms of the objective
    """
    angle = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    tau, weight = np.cos(angle / 2) ** 2, np.pi / (4 * _NODES) * np.sin(angle) ** 2
    added = [_by_drawing(size, t) for t in -np.log(tau) / 2]
    total = np.pi * np.tensordot(weight / tau**2, added, 1) / np.square(information.fisher(size))
    ones = [1, check.count("d", d) - 1]
    return total @ ones / information.cramer_rao(size, d, 1)
