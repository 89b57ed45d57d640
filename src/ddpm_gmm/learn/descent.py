"""Gradient descent on any of the objectives, and the paper's Algorithm 1."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry, mixture, objective

Array = np.ndarray


def descend(gradient, theta, eta, steps, project=None) -> Float[Array, "time *shape"]:
    """Gradient descent theta <- project(theta - eta * gradient(theta)), recorded.

    Parameters
    ----------
    gradient : callable, theta -> array of its shape
        Population or sample; one that draws fresh noise at each call makes this stochastic.
    theta : array, the start
    eta : float, > 0
    steps : int, >= 0
    project : callable, theta -> theta, optional
        For example ``lambda theta: geometry.rescale(theta, size)``. Not applied to the start.

    Returns
    -------
    array (steps + 1, *theta.shape)
        The whole trajectory, start first.
    """
    theta = check.array("theta", theta, least_axes=1)
    eta, steps = check.number("eta", eta, above=0), check.count("steps", steps, least=0)
    path = np.empty((steps + 1, *theta.shape))
    path[0] = theta
    for h in range(steps):
        theta = theta - eta * gradient(theta)
        path[h + 1] = theta = theta if project is None else project(theta)
    return path


def on_sphere(gradient, theta, eta, steps, size) -> Float[Array, "time *shape"]:
    """Descent on the sphere |theta| = size, from theta put onto it: :func:`descend`, rescaled.

    Parameters
    ----------
    gradient, theta, eta, steps
        As in :func:`descend`; theta of shape (..., d), each vector rescaled by itself.
    size : float, > 0

    Returns
    -------
    array (steps + 1, *theta.shape)
    """

    def onto(theta):
        return geometry.rescale(theta, size)

    return descend(gradient, onto(theta), eta, steps, onto)


def gmm_denoiser(
    rng: np.random.Generator,
    t: float,
    theta: Float[Array, "*K d"],
    steps: int,
    *,
    x0: Float[Array, "n d"],
    eta: float,
    project=None,
    gradient=objective.literal_gradient,
    redraw: bool = True,
) -> Float[Array, "time *K d"]:
    """Algorithm 1, GMMDenoiser(t, {mu_i^(0)}, H): descent on a freshly sampled DDPM objective.

    Each step draws fresh noise Z, forms X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z and steps along the
    gradient of the literal objective mean |s(X_t) + Z/sqrt(1 - e^{-2t})|^2 / 2 in theta e^{-t}:
    theta <- project(theta - eta e^t gradient). Everything is at time 0 but what ``gradient`` sees.

    Parameters
    ----------
    rng : numpy.random.Generator
    t : float, > 0, at most 20
        The signal e^{-t} X_0 is rounded beside the noise, and the step is multiplied by e^t.
    theta : array (d,) for the tied pair, (K, d) for centres; at time 0; K <= n, none equal
    steps : int, H
    x0 : array (n, d)
        The sample at time 0. What the paper's algorithm redraws beyond the noise is not known
        here; this one keeps the sample and redraws the noise.
    eta : float
        Step in theta e^{-t}: 1 is an EM-like step for the pair, K for K centres.
    project : callable, theta -> theta at time 0, optional
    gradient : callable, (theta_t, x, z, t) -> array of the shape of theta_t, optional
        Another field on the same fresh noise, in the parameter at time t.
    redraw : bool
        If false, the noise is drawn once and kept: descent on one noised copy of the sample.

    Returns
    -------
    array (steps + 1, *theta.shape)
        The trajectory at time 0.
    """
    rng, t = check.generator(rng), check.reversible("t", t)
    theta, x0 = check.start(theta, x0, "x0")

    kept = None if redraw else mixture.diffuse(rng, x0, t)

    def noised(theta):
        x, z = kept or mixture.diffuse(rng, x0, t)
        return np.exp(t) * gradient(theta * np.exp(-t), x, z, t)

    return descend(noised, theta, eta, steps, project)


def anneal(
    rng: np.random.Generator,
    times: Float[Array, " q"],
    theta: Float[Array, "*K d"],
    steps: int,
    *,
    x0: Float[Array, "n d"],
    eta: float,
    gradient=objective.literal_gradient,
) -> Float[Array, "q *K d"]:
    """Algorithm 1 down a ladder of noise scales, each started where the one before ended.

    Parameters
    ----------
    rng : numpy.random.Generator
    times : array (q,), > 0, at most 20, in the order in which they are visited: high noise first
    theta, steps, x0, eta, gradient
        As in :func:`gmm_denoiser`, for each noise scale; theta at time 0.

    Returns
    -------
    array (q, *theta.shape)
        What each noise scale learned, at time 0: the mean of its last half of iterates, since
        fresh noise keeps the iterates themselves in motion.
    """
    rng, times = check.generator(rng), check.array("times", times, 1)
    steps = check.count("steps", steps)
    for t in times:
        check.reversible("times", t)
    learned = []
    for t in times:
        path = gmm_denoiser(rng, t, theta, steps, x0=x0, eta=eta, gradient=gradient)
        learned.append(theta := path[-((steps + 1) // 2) :].mean(axis=0))
    return np.stack(learned)


def crossing(y: Float[Array, "time *shape"]) -> Float[Array, "*shape"] | np.float64:
    """The step at which a sequence first falls to zero, between two steps on the straight line.

    Parameters
    ----------
    y : array (steps + 1, ...), such as the logarithm of an error over the one aimed at

    Returns
    -------
    float or array (...), 0 where it starts at or below zero and infinite where it stays above
    """
    y = check.array("y", y, least_axes=1)
    if len(y) < 2:
        raise ValueError(f"y: got {len(y)} step, must be at least 2")
    below = y <= 0
    k = np.maximum(below.argmax(axis=0), 1)[None]
    before, after = (np.take_along_axis(y, i, axis=0)[0] for i in (k - 1, k))
    with np.errstate(divide="ignore", invalid="ignore"):
        step = k[0] - 1 + np.divide(before, before - after)
    return np.where(below[0], 0.0, np.where(below.any(axis=0), step, np.inf))[()]
