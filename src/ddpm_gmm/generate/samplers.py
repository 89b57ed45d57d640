"""From a score to samples: the reverse SDE and the probability flow of any score.

The forward process dX = -X dt + sqrt(2) dW has X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z in law. In
reverse time, from t = T down, each of the processes

    dY = (Y + (1 + c^2) score(t, Y)) ds + c sqrt(2) dW,    t = T - s,

has the laws q_t of X_t as its own when the score is that of q_t: the reverse SDE for the noise
level c = 1, the probability flow, an ODE, for c = 0 (Song et al. 2021). A score is a callable
(t, x (n, d)) -> (n, d), true or learned. Derived in notebooks/generation.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture
from ddpm_gmm.generate.schemes import exponential

Array = np.ndarray


def reverse_sde(
    rng: np.random.Generator,
    score,
    x: Float[Array, "n d"],
    times: Float[Array, " times"],
    scheme=exponential,
) -> Float[Array, "n d"]:
    """Run the reverse SDE dY = (Y + 2 score(t, Y)) ds + sqrt(2) dW from times[0] to times[-1].

    Parameters
    ----------
    rng : numpy.random.Generator
    score : callable, (t, x (n, d)) -> (n, d)
    x : array (n, d)
        The start, at times[0]; a standard normal sample where nothing better is known.
    times : array, strictly decreasing, >= 0
        One step from each to the next. Later times continue an earlier call.
    scheme : callable, optional
        :func:`ddpm_gmm.generate.schemes.exponential` or ``euler`` beside it.

    Returns
    -------
    array (n, d)
        The points at times[-1].
    """
    rng, x, times = check.generator(rng), check.array("x", x, 2), check.falling("times", times)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, spread = scheme(h, 1.0)
        x = a * x + b * check.scored(score, t, x) + spread * rng.standard_normal(x.shape)
    return x


def probability_flow(
    score, x: Float[Array, "n d"], times: Float[Array, " times"], scheme=exponential
) -> Float[Array, "n d"]:
    """Run the probability flow dx/dt = -x - score(t, x) backwards, by one-step schemes.

    Arguments as in :func:`reverse_sde`; no randomness but the start's.

    Returns
    -------
    array (n, d)
        The points at times[-1].
    """
    x, times = check.array("x", x, 2), check.falling("times", times)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, _ = scheme(h, 0.0)
        x = a * x + b * check.scored(score, t, x)
    return x


def score_of(means: Float[Array, "K d"]):
    """The exact score at every noise scale of the mixture with these centres.

    Parameters
    ----------
    means : array (K, d), at time 0

    Returns
    -------
    callable, (t, x (n, d)) -> (n, d)
    """
    means = check.array("means", means, 2)

    def score(t, x):
        return mixture.score(x, mixture.shrink(means, t))

    return score
