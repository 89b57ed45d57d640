"""What the chapter on Lemma 8 alone needs: the expansion one order further."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check

Array = np.ndarray


def fifth_order_force(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]):
    """The next term of the expansion: R5 = (6 r^4 - 3 m^2) theta - 3 r^2 m mu.

    Shapes as in :func:`ddpm_gmm.learn.power.high_noise_force`; m = theta . mu and
    r = |theta|. Derived in notebooks/lemma-08.
    """
    theta, mu = check.vectors(theta, mu)
    m = np.sum(theta * mu, axis=-1, keepdims=True)
    r2 = np.sum(theta**2, axis=-1, keepdims=True)
    return (6 * r2**2 - 3 * m**2) * theta - 3 * r2 * m * mu
