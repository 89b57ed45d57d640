"""What the chapter on Theorem 2 alone needs: one more layout of centres."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import centres, check


def grid(K: int, d: int, delta: float) -> Float[np.ndarray, "K d"]:
    """K points of a square grid of spacing delta, as many sides as d allows, with mean zero.

    The sides have ceil(K^(1/s)) points in s = min(d, ceil(log2 K)) dimensions; of these points the
    first K in lexicographic order.
    """
    K, d = check.count("K", K, least=2), check.count("d", d)
    delta = check.number("delta", delta, above=0)
    s = min(d, (K - 1).bit_length())
    side = next(m for m in range(2, K + 1) if m**s >= K)
    points = np.zeros((K, d))
    points[:, :s] = np.stack(np.unravel_index(np.arange(K), (side,) * s), axis=1)
    points -= points.mean(axis=0)
    return points * (delta / centres.separation(points))
