"""What the chapter on generation alone needs: laws without samples, scores and their errors.

The law of the reverse SDE in one dimension by quadrature, the probability flow to a tolerance, the
score of centres learned at a ladder of noise scales, a bound on what a wrong score and long steps
cost, and a two-sample test. Derived in notebooks/generation.
"""

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, rel_entr

from ddpm_gmm import check, mixture
from ddpm_gmm.generate.samplers import score_of
from ddpm_gmm.generate.schemes import exponential
from ddpm_gmm.many import cubature

Array = np.ndarray

_FINE = 1.3  # kernel widths per grid cell at which the sum's error, 2 e^{-2 (pi 1.3)^2}, is 7e-15
_FAR = 9.0  # kernel widths beyond which it is 3e-18 of its height and left out


# -- laws on a line --------------------------------------------------------------------------------


def _on_grid(density, grid):
    """(density, grid, spacing), checked."""
    density, grid = check.array("density", density, 1), check.array("grid", grid, 1)
    check.same("density.shape", density.shape, "grid", grid.shape)
    gaps = np.diff(grid)
    if len(grid) < 2 or (gaps <= 0).any() or np.ptp(gaps) > 1e-9 * np.abs(grid).max():
        raise ValueError(
            f"grid: got {len(grid)} points, must be uniform and increasing, two points or more"
        )
    return density, grid, (grid[-1] - grid[0]) / (len(grid) - 1)


def _resolved(dx, most, h):
    if dx > most:
        raise ValueError(
            f"grid: got a spacing of {dx:.3g}, must be below {most:.3g} for a step of {h:.3g}"
        )


def law(
    score,
    density: Float[Array, " m"],
    grid: Float[Array, " m"],
    times: Float[Array, " times"],
    scheme=exponential,
) -> Float[Array, " m"]:
    """In one dimension, the density of what the reverse SDE returns: no samples, no noise.

    The chain is :func:`ddpm_gmm.generate.samplers.reverse_sde`.

    A step is a Markov kernel N(a x + b score(t, x), spread^2), and the density after it is
    sum_x kernel(y, x) density(x) dx. The sum is a trapezoidal rule for a smooth integrand that
    vanishes at both ends: it errs by about 1e-14, as long as the grid holds all the mass.

    Parameters
    ----------
    score : callable, (t, x (n, 1)) -> (n, 1)
    density : array (m,), on the grid, of the start
    grid : array (m,), uniform, increasing
    times, scheme
        As in :func:`ddpm_gmm.generate.samplers.reverse_sde`.

    Returns
    -------
    array (m,)
        The density at times[-1].

    Raises
    ------
    ValueError
        Also if the grid is too coarse for the kernel: it is as wide as sqrt(2 h).
    """
    density, grid, dx = _on_grid(density, grid)
    times, m = check.falling("times", times), len(grid)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, spread = scheme(h, 1.0)
        to = a * grid + b * check.scored(score, t, grid[:, None])[:, 0]
        widest = max(dx, np.abs(np.diff(to)).max())  # in y, and in x seen through the drift
        _resolved(dx, dx * spread / (_FINE * widest), h)
        reach = int(_FAR * spread / dx) + 1
        cell = np.clip(np.rint((to - grid[0]) / dx), -reach - 1, m + reach).astype(int)
        index = cell[:, None] + np.arange(-reach, reach + 1)  # the cells that x reaches
        kernel = np.exp(-0.5 * ((grid[0] + dx * index - to[:, None]) / spread) ** 2)
        inside = (index >= 0) & (index < m)
        mass = np.bincount(index[inside], (kernel * density[:, None])[inside], m)
        density = mass * (dx / (spread * np.sqrt(2 * np.pi)))
    return density


def reverse_law(
    means: Float[Array, "K 1"],
    density: Float[Array, " m"],
    grid: Float[Array, " m"],
    start: float,
    end: float,
) -> Float[Array, " m"]:
    """In one dimension, the law of the reverse SDE with a mixture's score, without steps.

    From a density at time ``start`` to one at ``end``, with p_t the forward process of the mixture
    of ``means`` and k the forward transition from end to start,

        out(y) = p_end(y) int k(x | y) density(x) / p_start(x) dx

    by Bayes' rule: p_start goes to p_end. A score that changes from scale to scale, as that of
    :func:`ladder`, is run one scale after the other.

    Parameters
    ----------
    means : array (K, 1), the centres at time 0 whose score is used
    density, grid
        As in :func:`law`.
    start, end : floats, start > end >= 0

    Returns
    -------
    array (m,)
    """
    means = check.array("means", means, 2)
    check.same("means.shape", means.shape, "grid", (len(means), 1))
    density, grid, dx = _on_grid(density, grid)
    end = check.number("end", end, least=0)
    h = check.number("start", start, above=end) - end
    spread = mixture.noise_scale(h)
    _resolved(dx, spread / _FINE, h)
    before, after = (
        mixture.log_density(grid[:, None], mixture.shrink(means, t)) for t in (start, end)
    )
    forward = -0.5 * ((grid - np.exp(-h) * grid[:, None]) / spread) ** 2
    reverse = np.exp(after[:, None] + forward - before)
    return reverse @ density * (dx / (spread * np.sqrt(2 * np.pi)))


def accurate_flow(
    score, x: Float[Array, "n d"], times: Float[Array, " times"], tol: float = 1e-10
) -> Float[Array, "times n d"]:
    """The probability flow to a tolerance, by scipy's eighth-order Runge-Kutta integrator.

    The points are integrated together, so that the steps suit all of them. The score must be
    smooth in t and x for the order to pay.

    Parameters
    ----------
    score, x
        As in :func:`ddpm_gmm.generate.samplers.reverse_sde`.
    times : array, strictly decreasing, >= 0
        Where the points are wanted; the integrator chooses its own steps.
    tol : float, > 0
        Relative and absolute tolerance of a step.

    Returns
    -------
    array (times, n, d)
        The points at each of the times, the start first.
    """
    x, times = check.array("x", x, 2), check.falling("times", times)
    tol = check.number("tol", tol, above=0)
    if len(times) == 1:
        return x[None].copy()

    def drift(t, flat):
        y = flat.reshape(x.shape)
        return (-y - check.scored(score, t, y)).ravel()

    found = solve_ivp(drift, times[[0, -1]], x.ravel(), "DOP853", times, rtol=tol, atol=tol)
    if not found.success:
        raise RuntimeError(f"the probability flow was not integrated: {found.message}")
    return found.y.T.reshape(len(times), *x.shape)


# -- scores, how wrong they are, and how wrong their samples can be --------------------------------


def ladder(times: Float[Array, " q"], theta: Float[Array, "q K d"]):
    """The score of centres learned at a ladder of noise scales: at t, those of the nearest scale.

    score(t, x) = sum_i w_i(x) theta_i e^{-t} - x with the centres theta of the scale that is
    nearest to t in log t. Piecewise constant centres use nothing that was not learned, and need no
    agreement on labels between scales. With one scale this is
    :func:`ddpm_gmm.generate.samplers.score_of`.

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
    if (again := np.diff(times) == 0).any():
        raise ValueError(f"times: got {times[again.argmax()]:g} twice, must be distinct")
    edges, scores = np.sqrt(times[1:] * times[:-1]), [score_of(means) for means in theta]
    return lambda t, x: scores[np.searchsorted(edges, t)](t, x)


# -- how wrong a score is, and how wrong its samples can be ----------------------------------------


def score_error(
    rng: np.random.Generator, score, means: Float[Array, "K d"], t: float, m: int, scrambles: int
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
    rng, at = check.generator(rng), mixture.shrink(check.array("means", means, 2), t)

    def part(x):
        return np.sum((check.scored(score, t, x) - mixture.score(x, at)) ** 2) / len(x)

    return cubature.expectation(rng, part, at, m, scrambles)


def path_bound(
    rng: np.random.Generator,
    score,
    means: Float[Array, "K d"],
    times: Float[Array, " times"],
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
    rng, means = check.generator(rng), check.array("means", means, 2)
    times = check.falling("times", times)
    total = np.zeros((check.count("scrambles", scrambles), 2))
    for t, h in zip(times, -np.diff(times), strict=False):
        at, c = mixture.shrink(means, t), np.expm1(2 * check.reversible("a step of times", h))
        near = at - mixture.origin(at)  # differences of centres alone matter below
        gram = near @ near.T

        def part(x, at=at, c=c, gram=gram, t=t):
            w = mixture.responsibilities(x, at)
            off = np.sum((check.scored(score, t, x) - (w.T @ at - x)) ** 2) / len(x)
            inner = gram @ w  # mu_i . f
            size = np.einsum("kn,kn->n", w, inner)  # |f|^2
            spread = gram[:, :, None] - inner[:, None] - inner[None] + size
            both = logsumexp(c * spread, axis=(0, 1), b=w[:, None] * w[None])
            return np.array([c / 2 * off, both.mean()])

        total += cubature.expectation(rng, part, at, m, scrambles)
    return total


def label_divergence(
    rng: np.random.Generator,
    theta: Float[Array, "K d"],
    means: Float[Array, "K d"],
    m: int,
    scrambles: int,
) -> Float[Array, " scrambles"]:
    """Estimates of E_q KL(w | w of theta), the divergence of the labels given the points.

    q is the mixture of ``means``, and w its posterior weights. By the chain rule it is what the
    divergence of the two mixtures lacks from that of points with their labels:

        KL(q | mixture of theta) = sum_i |theta_i - mu_i|^2 / (2K) - E_q KL(w | w of theta).

    Parameters
    ----------
    theta, means : arrays (K, d), in the same order
    rng, m, scrambles
        As in :func:`ddpm_gmm.many.cubature.expectation`.

    Returns
    -------
    array (scrambles,)
    """
    rng, theta = check.generator(rng), check.array("theta", theta, 2)
    means = check.array("means", means, 2)
    check.same("theta.shape", theta.shape, "means", means.shape)

    def part(x):
        pair = [mixture.responsibilities(x, centres) for centres in (means, theta)]
        return rel_entr(*pair).sum(axis=0).mean()

    return cubature.expectation(rng, part, means, m, scrambles)


# -- are two samples from one law? -----------------------------------------------------------------


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
    rng, x, y = check.generator(rng), check.array("x", x, 2), check.array("y", y, 2)
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
