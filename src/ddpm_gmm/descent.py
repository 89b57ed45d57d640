"""Gradient descent on any of the objectives, and the paper's Algorithm 1."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture, objective

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
    theta = check.array("theta", theta, least=1)
    eta, steps = check.number("eta", eta, above=0), check.count("steps", steps, least=0)
    path = np.empty((steps + 1, *theta.shape))
    path[0] = theta
    for h in range(steps):
        theta = theta - eta * gradient(theta)
        path[h + 1] = theta = theta if project is None else project(theta)
    return path


def gmm_denoiser(
    t: float,
    theta: Float[Array, "*K d"],
    steps: int,
    *,
    x0: Float[Array, "n d"],
    eta: float,
    rng: np.random.Generator,
    project=None,
) -> Float[Array, "time *K d"]:
    """Algorithm 1, GMMDenoiser(t, {mu_i^(0)}, H): descent on a freshly sampled DDPM objective.

    Each step draws fresh noise Z, forms X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z and steps along the
    gradient of the literal objective mean |s(X_t) + Z/sqrt(1 - e^{-2t})|^2 / 2.

    Parameters
    ----------
    t : float, > 0
    theta : array (d,) for the tied pair, (K, d) for centres; at time 0
    steps : int, H
    x0 : array (n, d)
        The sample at time 0. What the paper's algorithm redraws beyond the noise is not known
        here; this one keeps the sample and redraws the noise.
    eta : float
        Step in the scaled parameter theta_t = theta e^{-t}: 1 is an EM-like step for the pair, K
        for K centres.
    rng : numpy.random.Generator
    project : callable on the scaled parameter, optional

    Returns
    -------
    array (steps + 1, *theta.shape)
        The trajectory at time 0.
    """
    t = check.number("t", t, above=0)
    theta, x0 = check.parameter_and_sample(theta, x0, "x0")

    def gradient(theta_t):
        x, z = mixture.diffuse(rng, x0, t)
        return objective.literal_gradient(theta_t, x, z, t)

    return descend(gradient, mixture.shrink(theta, t), eta, steps, project) * np.exp(t)
