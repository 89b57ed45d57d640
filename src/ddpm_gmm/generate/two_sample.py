"""Are two samples from one law? A permutation test in any dimension."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist

from ddpm_gmm import check

Array = np.ndarray


def mmd_test(
    rng: np.random.Generator,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    width: float,
    permutations: int,
) -> float:
    """The p-value of the kernel two-sample test, by permutations.

    MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y), k(u, v) = exp(-|u - v|^2/(2 width^2)),
    of Gretton et al. (2012), and p = (1 + #{permuted >= observed}) / (1 + permutations).

    If both samples are drawn from one law, the observed value and its permutations are
    exchangeable: then P(p <= a) <= a for every a, and P(p <= a) = a where a (1 + permutations) is
    whole and no two values are equal. Nothing is asymptotic.

    Parameters
    ----------
    rng : numpy.random.Generator
    x : array (n, d)
    y : array (m, d)
    width : float, > 0
        Must not be chosen by looking at which points are whose.
    permutations : int

    Returns
    -------
    float
    """
    x, y = check.array("x", x, 2), check.array("y", y, 2)
    check.same("y.shape[1]", y.shape[1], "the columns of x", x.shape[1])
    width, permutations = (
        check.number("width", width, above=0),
        check.count("permutations", permutations),
    )
    pooled = np.concatenate([x, y])
    kernel = np.exp(cdist(pooled, pooled, "sqeuclidean") / (-2 * width**2))
    signs = np.repeat([1 / len(x), -1 / len(y)], [len(x), len(y)])
    signs = np.tile(signs, (1 + permutations, 1))
    signs[1:] = rng.permuted(signs[1:], axis=1)
    values = np.einsum("pn,pn->p", signs @ kernel, signs)
    return float(np.mean(values >= values[0]))
