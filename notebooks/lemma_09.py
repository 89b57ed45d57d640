"""What the chapter on Lemma 9 alone needs: projection onto a ball, the jitter of fresh noise."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry, mixture

Array = np.ndarray


def clip_ball(theta: Float[Array, "*batch d"], radius: float) -> Float[Array, "*batch d"]:
    """Project onto the ball of radius ``radius``: theta where |theta| <= radius, else rescaled."""
    theta = check.array("theta", theta, least_axes=1)
    length = geometry.norm(theta)[..., None]
    return theta * np.minimum(
        1.0, check.number("radius", radius, above=0) / np.maximum(length, 1e-300)
    )


def jitter(form: str, t, signal, ratio, eta) -> float:
    """What fresh noise at each small-norm step adds to tan^2 of the angle, beyond the clean floor.

    eta^2 g J / ((1 + 2 eta |mu_t|^2)^2 - 1 - eta^2 g J_0), with n J / r^2 the variance of the
    force across mu given the points, J_0 that without signal. Derived in notebooks/lemma-09.

    Parameters
    ----------
    form : str, "implicit" or "literal"
    t : float, > 0
    signal : float, |mu_0|^2
    ratio : float, g = d/n
    eta : float, > 0, small enough for the denominator to be positive
    """
    keep, sigma = np.exp(-2 * t), mixture.noise_scale(t)

    def variance(signal):
        if form == "implicit":
            return 4 * (1 - keep**2 + keep * sigma**2 * signal)
        return keep * (sigma - keep / sigma) ** 2 * (2 + signal) + 4 * keep**2

    forgets = (1 + 2 * eta * keep * signal) ** 2 - 1 - eta**2 * ratio * variance(0.0)
    return float(eta**2 * ratio * variance(signal) / forgets)
