"""What the chapter on Lemma 9 alone needs: the projection onto a ball."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry

Array = np.ndarray


def clip_ball(theta: Float[Array, "*batch d"], radius: float) -> Float[Array, "*batch d"]:
    """Project onto the ball of radius ``radius``: theta where |theta| <= radius, else rescaled."""
    theta = check.array("theta", theta, least_axes=1)
    length = geometry.norm(theta)[..., None]
    return theta * np.minimum(
        1.0, check.number("radius", radius, above=0) / np.maximum(length, 1e-300)
    )
