"""Many runs of the literal form at once, with the noise drawn in law and not row by row.

A gradient sees the noise of a point through its part along theta and, across theta, as a sum of
independent Gaussian vectors. So noise for n points in d dimensions costs n + d random numbers where
the sample is kept, and with fresh data the whole step is a law in the plane of theta and mu, of a
cost that knows neither n nor d. With h = tanh(theta . x), a target v, q = h |theta|^2 - theta . v
and p = (1 - h^2) q, one point's gradient is h^2 theta - h v + p x. Derived in notebooks/theorem-07.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from ddpm_gmm import check, mixture, rules
from ddpm_gmm.geometry import norm
from ddpm_gmm.pair import noise

Array = np.ndarray
FAR = 30.0  # of an iterate at time t that has diverged


def _runs(theta, x0):
    """(theta, x0), a batch of runs with a sample each."""
    theta, x0 = check.array("theta", theta, 2), check.array("x0", x0, 3)
    check.same("theta.shape", theta.shape, "x0", (x0.shape[0], x0.shape[2]))
    return theta, x0


def redrawn(
    rng: np.random.Generator, theta: Float[Array, "s d"], x0: Float[Array, "s n d"], t: float
) -> Float[Array, "s d"]:
    """The literal gradient of each run's own sample, with fresh noise at every point.

    With the points e^{-t} x0 + sigma z and the targets e^{-t} x0 - (e^{-2t}/sigma) z it is
    mean(h^2) theta + e^{-t} mean[(p - h) x0] + mean(k z), k = sigma p + (e^{-2t}/sigma) h; the last
    is mean(k g) along theta, g the noise there, and Gaussian across, of variance sum k^2 / n^2.
    In law :func:`ddpm_gmm.objective.literal_gradient` on freshly noised points.

    Parameters
    ----------
    rng : numpy.random.Generator
    theta : array (s, d), none of them zero; at time 0
    x0 : array (s, n, d), the samples at time 0
    t : float, > 0

    Returns
    -------
    array (s, d)
        With respect to theta e^{-t}, as in the objective.
    """
    rng, (theta, x0) = check.generator(rng), _runs(theta, x0)
    sigma, e = mixture.noise_scale(check.number("t", t, above=0)), np.exp(-t)
    theta = e * theta
    r = norm(theta)[:, None]
    if not r.all():
        raise ValueError("theta: got a zero vector, must have a direction")
    g = rng.standard_normal(x0.shape[:2])
    along = e * np.matvec(x0, theta)
    h = np.tanh(along + sigma * r * g)
    p = (1 - h**2) * (h * r**2 - along + e**2 / sigma * r * g)
    k = sigma * p + e**2 / sigma * h
    across = rng.standard_normal(theta.shape) * norm(k)[:, None] / x0.shape[1]
    unit = theta / r
    own = np.mean(k * g, axis=1, keepdims=True) - np.sum(across * unit, axis=1, keepdims=True)
    fitted = np.mean(h**2, axis=1, keepdims=True) * theta
    return fitted + e / x0.shape[1] * np.vecmat(p - h, x0) + across + own * unit


def averaged(
    theta: Float[Array, "s d"], x0: Float[Array, "s n d"], t: float
) -> Float[Array, "s d"]:
    """What :func:`redrawn` is on average over the noise; the same arguments, at time 0.

    :func:`ddpm_gmm.pair.noise.averaged_gradient` of each run, but with respect to theta e^{-t}.
    """
    theta, x0 = _runs(theta, x0)
    e = np.exp(-check.number("t", t, above=0))
    B, W = noise.parts(np.matvec(x0, theta), norm(theta)[:, None], t)
    return (B.mean(axis=1, keepdims=True) * theta - np.vecmat(W, x0) / x0.shape[1]) / e


def fresh(
    rng: np.random.Generator,
    theta: Float[Array, "s 2"],
    size: float,
    t: float,
    d: int,
    n: int,
) -> Float[Array, "s 3"]:
    """The literal gradient on n fresh points with fresh noise, in the plane of theta and mu.

    With theta and mu at time t, m = theta . mu, u = m + r g and c = 1/(e^{2t} - 1), one point's
    gradient is, along theta, h^2 r - h m/r + p u/r + sqrt(c) h g', with
    p = (1 - h^2)(h r^2 - m + sqrt(c) r g'); across, it is (p - h) times mu's part there, and
    p^2 + c h^2 of variance in every direction. The sums over the points are replaced by normal
    variables of the same means and covariances, by quadrature: that is the one approximation, of
    relative order 1/n.

    Parameters
    ----------
    rng : numpy.random.Generator
    theta : array (s, 2), along mu and across it, none of them zero; at time 0
    size : float, |mu| > 0
    t : float, > 0
    d, n : int, d at least 2

    Returns
    -------
    array (s, 3)
        With respect to theta e^{-t}: along mu, across it in the plane, and the length of what is
        across the plane.
    """
    rng, theta = check.generator(rng), check.array("theta", theta, 2)
    check.same("theta.shape[1]", theta.shape[1], "the plane", 2)
    size, t = check.number("size", size, above=0), check.number("t", t, above=0)
    d, n = check.count("d", d, least=2), check.count("n", n)
    theta, size = np.exp(-t) * theta, np.exp(-t) * size
    c, r = 1 / np.expm1(2 * t), norm(theta)
    if not r.all():
        raise ValueError("theta: got a zero vector, must have a direction")
    unit, m = theta / r[:, None], theta[:, 0] * size
    g, w = rules.gaussian(float(r.max()))
    u = m[:, None] + r[:, None] * g
    h, R, M = np.tanh(u), r[:, None], m[:, None]
    k = 1 - h**2
    p = k * (h * R**2 - M)  # given g, p's mean; its slope in g' is sqrt(c) k r
    along, slope = h**2 * R - h * M / R + p * u / R, np.sqrt(c) * (h + k * u)
    across, tilt = p - h, np.sqrt(c) * k * R
    mean = np.array([along @ w, across @ w])
    var_along = (along**2 + slope**2) @ w - mean[0] ** 2
    both = (along * across + slope * tilt) @ w - mean[0] * mean[1]
    var_across = (across**2 + tilt**2) @ w - mean[1] ** 2
    first, second, inside = rng.standard_normal((3, len(r))) / np.sqrt(n)
    share = both / np.sqrt(var_along)
    left = np.sqrt(np.maximum(var_across - share**2, 0))
    in_theta = mean[0] + np.sqrt(var_along) * first
    of_mu = mean[1] + share * first + left * second
    spread = np.sqrt((p**2 + tilt**2 + c * h**2) @ w)
    in_plane = of_mu * size * unit[:, 1] + spread * inside
    rest = spread * np.sqrt(rng.chisquare(d - 2, len(r)) / n) if d > 2 else np.zeros(len(r))
    return np.column_stack(
        [
            in_theta * unit[:, 0] + in_plane * unit[:, 1],
            in_theta * unit[:, 1] - in_plane * unit[:, 0],
            rest,
        ]
    )


def fresh_descents(
    rng: np.random.Generator,
    theta: Float[Array, "s 2"],
    size: float,
    t: float,
    d: int,
    n: int,
    eta: float | Float[Array, " s"],
    count: int | Int[Array, " s"],
    project: Callable | None = None,
) -> Float[Array, "s 2"]:
    """Last iterates of the literal form with n fresh points at each step, by the law of `fresh`.

    An iterate whose length at time t exceeds thirty has diverged, and stays where it is.

    Parameters
    ----------
    rng : numpy.random.Generator
    theta : array (s, 2), along mu and across it, none of them zero; at time 0
    size, t, d, n : as in :func:`fresh`
    eta : float or array (s,), > 0, the step in theta e^{-t}
    count : int or array of ints (s,), the number of steps
    project : callable, optional
        Applied after each step, to the iterate: ``partial(geometry.rescale, size=radius)``.

    Returns
    -------
    array (s, 2)
        Along mu, and the length across it.
    """
    rng, theta = check.generator(rng), check.array("theta", theta, 2)
    eta, runs = check.array("eta", eta, 0, 1), theta.shape[:1]
    check.number("eta", eta.min(), above=0)
    for name, value in (("eta.shape", eta), ("count.shape", count)):
        check.same(name, np.shape(value) or runs, "theta", runs)
    count = np.array([check.count("count", h) for h in np.broadcast_to(count, runs)])
    e = np.exp(-check.number("t", t, above=0))
    theta, eta = np.array(theta), np.broadcast_to(eta, runs)
    for h in range(count.max()):
        going = (h < count) & (e * norm(theta) < FAR)
        if not going.any():
            break
        now = theta[going]
        along, across, rest = eta[going] / e * fresh(rng, now, size, t, d, n).T
        step = np.column_stack([now[:, 0] - along, np.hypot(now[:, 1] - across, rest)])
        theta[going] = step if project is None else project(step)
    return theta
