"""Scores of centres learned at a ladder of noise scales, how wrong a score is, and its samples.

Derived in notebooks/generation.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ddpm_gmm import check, mixture
from ddpm_gmm.many import cubature

Array = np.ndarray


def ladder(times: Float[Array, " q"], theta: Float[Array, "q K d"]):
    """The score of centres learned at a ladder of noise scales: at t, those of the nearest scale.

    score(t, x) = sum_i w_i(x) theta_i e^{-t} - x with the centres theta of the scale that is
    nearest to t in log t. Piecewise constant centres use nothing that was not learned, and need no
    agreement on labels between scales. One scale is the score of one mixture at every t.

    Parameters
    ----------
    times : array (q,), > 0, distinct, in any order
    theta : array (q, K, d), at time 0, as :func:`ddpm_gmm.learn.descent.anneal` returns them

    Returns
    -------
    callable, (t, x (n, d)) -> (n, d)
    """
    times, theta = check.array("times", times, 1), check.array("theta", theta, 3)
    check.same("len(theta)", len(theta), "times", len(times))
    if times.min() <= 0:
        raise ValueError(f"times: got {times.min():g}, must be > 0")
    order = np.argsort(times)
    theta, times = theta[order], times[order]
    if (np.diff(times) == 0).any():
        raise ValueError(f"times: got {times}, must be distinct")
    edges = np.sqrt(times[1:] * times[:-1])

    def score(t, x):
        return mixture.score(x, mixture.shrink(theta[np.searchsorted(edges, t)], t))

    return score


# -- how wrong a score is, and how wrong its samples can be ----------------------------------------


def score_error(
    score, means: Float[Array, "K d"], t: float, rng: np.random.Generator, m: int, scrambles: int
) -> Float[Array, " scrambles"]:
    """Estimates of E_{q_t} |score(t, x) - score of q_t|^2, one for each scrambling.

    Parameters
    ----------
    score : callable, (t, x (n, d)) -> (n, d)
    means : array (K, d), the true centres at time 0
    t : float, >= 0
    rng, m, scrambles
        As in :func:`ddpm_gmm.many.cubature.expectation`.

    Returns
    -------
    array (scrambles,)
    """
    at = mixture.shrink(check.array("means", means, 2), t)

    def part(x):
        return np.sum((check.scored(score, t, x) - mixture.score(x, at)) ** 2) / len(x)

    return cubature.expectation(part, at, rng, m, scrambles)


def path_bound(
    score,
    means: Float[Array, "K d"],
    times: Float[Array, " times"],
    rng: np.random.Generator,
    m: int,
    scrambles: int,
) -> Float[Array, "scrambles 2"]:
    """Two parts of a bound on KL(q | law of the samples): from the score, and from the steps.

    Sum over the steps, with f the posterior mean of the centre, w the posterior weights, mu_i the
    centres, all at the step's t, and c = e^{2h} - 1, of

        (c/2) E |score(t, x) - score of q_t|^2   and
        E log sum_ij w_i w_j exp(c (mu_i - f) . (mu_j - f)).

    With KL(q_T | law of the start) added, their sum is a bound for
    :func:`ddpm_gmm.generate.samplers.reverse_sde` with the exponential scheme: a step draws from
    one Gaussian where the true reverse transition is a mixture of Gaussians of the same width.
    Derived in notebooks/generation.

    Parameters
    ----------
    score, times
        As in :func:`ddpm_gmm.generate.samplers.reverse_sde`.
    means : array (K, d), the true centres at time 0
    rng, m, scrambles
        As in :func:`ddpm_gmm.many.cubature.expectation`.

    Returns
    -------
    array (scrambles, 2)
    """
    means, times = check.array("means", means, 2), check.falling("times", times)
    total = np.zeros((check.count("scrambles", scrambles), 2))
    for t, h in zip(times, -np.diff(times), strict=False):
        at, c = mixture.shrink(means, t), np.expm1(2 * h)
        gram = at @ at.T

        def part(x, at=at, c=c, gram=gram, t=t):
            w = mixture.responsibilities(x, at)
            off = np.sum((check.scored(score, t, x) - (w.T @ at - x)) ** 2) / len(x)
            inner = gram @ w  # mu_i . f
            size = np.einsum("kn,kn->n", w, inner)  # |f|^2
            spread = gram[:, :, None] - inner[:, None] - inner[None] + size
            both = logsumexp(c * spread, axis=(0, 1), b=w[:, None] * w[None])
            return np.array([c / 2 * off, both.mean()])

        total += cubature.expectation(part, at, rng, m, scrambles)
    return total
