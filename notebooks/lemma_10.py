"""What the chapter on Lemma 10 alone needs: power iteration on a sample that is drawn as a band."""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry

Array = np.ndarray


def band(rng: np.random.Generator, runs: int, d: int, n: int, k: int):
    """The first k columns of sample matrices X/sqrt(n), |mu| = 1, in bases that make them bands.

    Entries (i, i), (i, i + 1) and (i, i + 2) are independent: the diagonal squared is chi^2 with
    n - i + 1 degrees of freedom (the first of them non-central by n), the one above it is N(0, 1),
    and the farthest squared is chi^2 with d - i - 1. Derived in notebooks/lemma-10.

    Parameters
    ----------
    rng : numpy.random.Generator
    runs : int, the number of samples
    d, n, k : int, k below d and n

    Returns
    -------
    diagonal, above, far : arrays (runs, k), (runs, k - 1), (runs, k - 2)
    """
    rng = check.generator(rng)
    i = np.arange(check.count("k", k, least=3, most=min(d, n) - 1))
    diagonal, above = rng.chisquare(n - i, (runs, k)), rng.standard_normal((runs, k - 1))
    diagonal[:, 0] = rng.noncentral_chisquare(n, n, runs)
    far = rng.chisquare(d - 2 - i[:-2], (runs, k - 2))
    return np.sqrt(diagonal / n), above / np.sqrt(n), np.sqrt(far / n)


def second_moments(
    diagonal: Float[Array, "s k"],
    above: Float[Array, "s k1"],
    far: Float[Array, "s k2"],
    v: Float[Array, "s k"],
) -> Float[Array, "s k"]:
    """X'X v for each row's band X, cut to k rows, and vector v."""
    u = diagonal * v
    u[:, :-1] += above * v[:, 1:]
    u[:, :-2] += far * v[:, 2:]
    w = diagonal * u
    w[:, 1:] += above * u[:, :-1]
    w[:, 2:] += far * u[:, :-2]
    return w


def in_band(rng: np.random.Generator, d: int, steps: int, runs: int, ratio: float):
    """Power iteration on samples of d/ratio points with |mu| = 1, each drawn as a band.

    Each step reaches two basis vectors further, so 2 * steps + 4 of them hold all that happens; as
    many further iterations on that band find its own top eigenvector.

    Parameters
    ----------
    rng : numpy.random.Generator
    d, steps, runs : int
    ratio : float, d/n

    Returns
    -------
    logs : array (runs, steps + 1), log tan of the angle to the truth at each step
    overlap : array (runs,), the cosine between the first vector and the top eigenvector
    """
    rng = check.generator(rng)
    v = np.zeros((runs, 2 * steps + 4))
    v[:, 0], v[:, 1] = rng.standard_normal(runs), np.sqrt(rng.chisquare(d - 1, runs))
    first = v = geometry.rescale(v, 1.0)
    diagonals = band(rng, runs, d, int(d / ratio), v.shape[1])
    axis, logs = np.eye(v.shape[1])[0], []
    for _ in range(steps + 1):
        logs.append(np.log(geometry.tangent(v, axis)))
        v = geometry.rescale(second_moments(*diagonals, v), 1.0)
    for _ in range(steps):
        v = geometry.rescale(second_moments(*diagonals, v), 1.0)
    return np.transpose(logs), np.einsum("sk,sk->s", first, v)
