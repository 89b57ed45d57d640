"""What the chapter on Lemma 8 alone needs: the expansion two orders further, and how it errs."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry
from ddpm_gmm.learn import power
from ddpm_gmm.pair import population

Array = np.ndarray


def _invariants(theta, mu):
    theta, mu = check.vectors(theta, mu)
    return theta, mu, np.sum(theta * mu, axis=-1, keepdims=True), geometry.norm(theta)[..., None]


def fifth_order_force(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]):
    """The next term of the expansion: R5 = (6 r^4 - 3 m^2) theta - 3 r^2 m mu.

    Shapes as in :func:`ddpm_gmm.learn.power.high_noise_force`; m = theta . mu and
    r = |theta|. Derived in notebooks/lemma-08.
    """
    theta, mu, m, r = _invariants(theta, mu)
    return (6 * r**4 - 3 * m**2) * theta - 3 * r**2 * m * mu


def seventh_order_force(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]):
    """The term after it: R7 = (8 v^2 m - 4/3 m^3) mu + (16 m^2 v - 68/3 v^3) theta, v = r^2.

    Shapes as in :func:`fifth_order_force`. Derived in notebooks/lemma-08.
    """
    theta, mu, m, r = _invariants(theta, mu)
    v = r**2
    along_theta = 16 * m**2 * v - 68 / 3 * v**3
    return (8 * v**2 * m - 4 / 3 * m**3) * mu + along_theta * theta


def part_errors(
    theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"], scale: float = 1.0
) -> Float[Array, "3 *b"]:
    """Relative errors of ``scale`` times the leading force, over r^2.

    Of its part along theta (3 to leading order), of its part across it (3/2), and, against that
    part, of the length of all that it leaves: the bound that would drown a random start's signal.

    Parameters
    ----------
    theta, mu : arrays (..., d) that broadcast against each other; not orthogonal, nor in line
    scale : float, 1 but for a control
    """
    theta, mu, m, r = _invariants(theta, mu)
    across = mu - m / r**2 * theta
    lead = scale * power.high_noise_force(theta, mu)
    left = -population.gradient(theta, mu) - lead
    errors = [-np.sum(left * p, axis=-1) / np.sum(lead * p, axis=-1) for p in (theta, across)]
    whole = geometry.norm(left) * geometry.norm(across)
    whole = whole / np.abs(np.sum(lead * across, axis=-1))
    return np.array([*errors, whole]) / r[..., 0] ** 2
