"""Power iteration: what a gradient step on the DDPM objective becomes at high noise.

That it does is the paper's (Lemma 8); the coefficients are derived in notebooks/lemma-08.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check

Array = np.ndarray


def high_noise_force(theta: Float[Array, "*#b d"], mu: Float[Array, "*#b d"]):
    """Leading order of -grad(L/2) for small theta and mu: 2 (mu mu' - |theta|^2 I) theta.

    Parameters
    ----------
    theta, mu : arrays (..., d) that broadcast against each other

    Returns
    -------
    array (..., d)
    """
    theta, mu = check.vectors(theta, mu)
    m = np.sum(theta * mu, axis=-1, keepdims=True)
    return 2 * (m * mu - np.sum(theta**2, axis=-1, keepdims=True) * theta)


def rate(length, radius, eta):
    """By how much the logarithm of the angle's tangent falls in a step at high noise.

    log(1 + 2 eta |mu|^2 / (1 - 2 eta r^2)), to leading order in |mu| and r = |theta|; the step is
    a power iteration with (1 - 2 eta r^2) I + 2 eta mu mu'. Derived in notebooks/lemma-09.

    Parameters
    ----------
    length, radius : floats or arrays, |mu| and |theta|, >= 0
    eta : float, > 0, below 1 / (2 r^2)
    """
    length, radius = check.together("length", length, "radius", radius)
    eta = check.number("eta", eta, above=0)
    shrinks = 1 - 2 * eta * radius**2
    if (shrinks <= 0).any():
        raise ValueError(f"eta: got {eta:g}, must be below 1 / (2 radius^2)")
    return np.log1p(2 * eta * length**2 / shrinks)


def sample_force(
    theta: Float[Array, " d"],
    x: Float[Array, "n d"],
    weights: Float[Array, " n"] | None = None,
) -> Float[Array, " d"]:
    """Power-iteration force on a sample: (S - I) theta, S = X'X/n.

    The small-norm limit of -grad/2 of the implicit objective on the same sample. Two passes over
    the sample; S is never formed. With ``weights`` (n,) the sum of (x . theta) x - theta times
    these; 1/n each if not given.
    """
    theta, x = check.array("theta", theta, 1), check.array("x", x, 2)
    check.same("theta.shape", theta.shape, "the columns of x", x.shape[1:])
    weights = check.weights(weights, len(x))
    if weights is None:
        return (x @ theta) @ x / len(x) - theta
    return (x @ theta * weights) @ x - weights.sum() * theta


def top_eigenvector(
    x: Float[Array, "n d"], weights: Float[Array, " n"] | None = None
) -> Float[Array, " d"]:
    """Unit eigenvector of S = X'X/n with the largest eigenvalue; its sign is arbitrary.

    With ``weights`` (n,), S is the sum of x x' times these; only their ratios count.
    """
    x = check.array("x", x, 2)
    weights = check.weights(weights, len(x))
    S = x.T @ x if weights is None else (x.T * weights) @ x
    return np.linalg.eigh(S)[1][:, -1]


def spiked_overlap(signal, ratio):
    """Squared cosine between mu and the top eigenvector of S, in the limit n, d -> infinity.

    cos^2 = (1 - g/l^2) / (1 + g/l) for l^2 > g, else 0, with g = d/n and l = |mu|^2 (Baik, Ben
    Arous & Peche 2005 for the threshold; the spiked covariance model).

    Parameters
    ----------
    signal : float or array, l = |mu|^2 >= 0
    ratio : float or array, g = d/n > 0

    Returns
    -------
    array
    """
    signal, ratio = check.together("signal", signal, "ratio", ratio)
    if (signal < 0).any():
        raise ValueError(f"signal: got {signal.min():g}, must be >= 0")
    if (ratio <= 0).any():
        raise ValueError(f"ratio: got {ratio.min():g}, must be > 0")
    seen = signal**2 > ratio
    safe = np.where(seen, signal, 1.0)
    return np.where(seen, (1 - ratio / safe**2) / (1 + ratio / safe), 0.0)
