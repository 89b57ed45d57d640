"""From a score to samples: the reverse SDE and the probability flow of any score.

The forward process dX = -X dt + sqrt(2) dW has X_t = e^{-t} X_0 + sqrt(1 - e^{-2t}) Z in law. In
reverse time, from t = T down, each of the processes

    dY = (Y + (1 + c^2) score(t, Y)) ds + c sqrt(2) dW,    t = T - s,

has the laws q_t of X_t as its own when the score is that of q_t: the reverse SDE for the noise
level c = 1, the probability flow, an ODE, for c = 0 (Song et al. 2021). A score is a callable
(t, x (n, d)) -> (n, d), true or learned. Derived in notebooks/generation.

Every one-step scheme here has the form y = a x + b score(t, x) + spread z with three numbers that
depend on the step h and on c; a scheme is the function (h, c) -> (a, b, spread).
"""

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp
from scipy.special import logsumexp

from ddpm_gmm import check, cubature, mixture

Array = np.ndarray

_FINE = 1.3  # kernel widths per grid cell at which the sum's error, 2 e^{-2 (pi 1.3)^2}, is 7e-15
_FAR = 9.0  # kernel widths beyond which it is 3e-18 of its height and left out


# -- when, and by what steps -----------------------------------------------------------------------


def schedule(T: float, steps: int, end: float = 0.0) -> Float[Array, " times"]:
    """Decreasing times from T to ``end``, uniform in e^{-t}.

    t_k = -log((1 - k/steps) e^{-T} + (k/steps) e^{-end}): each step moves the centres e^{-t} mu_i
    by the same length. At high noise, where little happens, the steps are long.

    Parameters
    ----------
    T : float, > end
    steps : int, >= 1
    end : float, >= 0

    Returns
    -------
    array (steps + 1,)
    """
    end = check.number("end", end, least=0)
    T, steps = check.number("T", T, above=end), check.count("steps", steps)
    times = -np.log(np.linspace(np.exp(-T), np.exp(-end), steps + 1))
    times[[0, -1]] = T, end  # not the rounded logarithms
    return times


def euler(h: float, noise: float = 1.0) -> tuple[float, float, float]:
    """The Euler-Maruyama scheme: a = 1 + h, b = (1 + c^2) h, spread = c sqrt(2 h).

    Parameters
    ----------
    h : float, > 0
    noise : float, c >= 0: 1 for the reverse SDE, 0 for the probability flow

    Returns
    -------
    a, b, spread : floats
    """
    h, noise = check.number("h", h, above=0), check.number("noise", noise, least=0)
    return 1 + h, (1 + noise**2) * h, noise * np.sqrt(2 * h)


def exponential(h: float, noise: float = 1.0) -> tuple[float, float, float]:
    """The exponential scheme: a = e^h, b = e^h - e^{-c^2 h}, spread = sqrt(1 - e^{-2 c^2 h}).

    It is exact for one Gaussian N(mu, I): there score(t, x) + x = mu e^{-t}, and x - mu e^{-t} is
    an Ornstein-Uhlenbeck process of rate c^2. For any other score it is of order 1, as Euler's
    scheme is, and for a mixture of unit Gaussians it cannot blow up, however long the step. At
    c = 0 it is the exponential Euler method, which solves the linear part exactly; at c = 1 it is
    the ancestral step of DDPM (Ho et al. 2020) for data with unit noise of their own.

    Parameters, returns
        As in :func:`euler`.
    """
    h, noise = check.number("h", h, above=0), check.number("noise", noise, least=0)
    rate = noise**2 * h
    return np.exp(h), np.exp(h) - np.exp(-rate), np.sqrt(-np.expm1(-2 * rate))


def _times(times):
    times = check.array("times", times, 1)
    if times.min() < 0 or (np.diff(times) >= 0).any():
        raise ValueError(f"times: got {times}, must be >= 0 and strictly decreasing")
    return times


def _slope(score, t, x):
    out = np.asarray(score(float(t), x), dtype=np.float64)
    check.same("the shape of score(t, x)", out.shape, "x", x.shape)
    return out


# -- samplers --------------------------------------------------------------------------------------


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
        :func:`exponential` or :func:`euler`.

    Returns
    -------
    array (n, d)
        The points at times[-1].
    """
    x, times = check.array("x", x, 2), _times(times)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, spread = scheme(h, 1.0)
        x = a * x + b * _slope(score, t, x) + spread * rng.standard_normal(x.shape)
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
    x, times = check.array("x", x, 2), _times(times)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, _ = scheme(h, 0.0)
        x = a * x + b * _slope(score, t, x)
    return x


def accurate_flow(
    score, x: Float[Array, "n d"], times: Float[Array, " times"], tol: float = 1e-10
) -> Float[Array, "times n d"]:
    """The probability flow to a tolerance, by scipy's eighth-order Runge-Kutta integrator.

    The points are integrated together, so that the steps suit all of them. The score must be
    smooth in t and x for the order to pay.

    Parameters
    ----------
    score, x
        As in :func:`reverse_sde`.
    times : array, strictly decreasing, >= 0
        Where the points are wanted; the integrator chooses its own steps.
    tol : float, > 0
        Relative and absolute tolerance of a step.

    Returns
    -------
    array (times, n, d)
        The points at each of the times, the start first.
    """
    x, times = check.array("x", x, 2), _times(times)
    tol = check.number("tol", tol, above=0)
    if len(times) == 1:
        return x[None].copy()

    def drift(t, flat):
        y = flat.reshape(x.shape)
        return (-y - _slope(score, t, y)).ravel()

    found = solve_ivp(drift, times[[0, -1]], x.ravel(), "DOP853", times, rtol=tol, atol=tol)
    if not found.success:
        raise RuntimeError(f"the probability flow was not integrated: {found.message}")
    return found.y.T.reshape(len(times), *x.shape)


def law(
    score,
    density: Float[Array, " m"],
    grid: Float[Array, " m"],
    times: Float[Array, " times"],
    scheme=exponential,
) -> Float[Array, " m"]:
    """In one dimension, the density of what :func:`reverse_sde` returns: no samples, no noise.

    A step is a Markov kernel N(a x + b score(t, x), spread^2), and the density after it is
    sum_x kernel(y, x) density(x) dx. The sum is a trapezoidal rule for a smooth integrand that
    vanishes at both ends: it errs by about 1e-14, as long as the grid holds all the mass.

    Parameters
    ----------
    score : callable, (t, x (n, 1)) -> (n, 1)
    density : array (m,), on the grid, of the start
    grid : array (m,), uniform, increasing
    times, scheme
        As in :func:`reverse_sde`.

    Returns
    -------
    array (m,)
        The density at times[-1].

    Raises
    ------
    ValueError
        Also if the grid is too coarse for the kernel: it is as wide as sqrt(2 h).
    """
    density, grid = check.array("density", density, 1), check.array("grid", grid, 1)
    check.same("density.shape", density.shape, "grid", grid.shape)
    times, gaps = _times(times), np.diff(grid)
    if len(grid) < 2 or (gaps <= 0).any() or np.ptp(gaps) > 1e-9 * np.abs(grid).max():
        raise ValueError(f"grid: got {grid}, must be uniform and increasing, two points or more")
    m, dx = len(grid), (grid[-1] - grid[0]) / (len(grid) - 1)
    for t, h in zip(times, -np.diff(times), strict=False):
        a, b, spread = scheme(h, 1.0)
        to = a * grid + b * _slope(score, t, grid[:, None])[:, 0]
        widest = max(dx, np.abs(np.diff(to)).max())  # in y, and in x seen through the drift
        if spread < _FINE * widest:
            most = dx * spread / (_FINE * widest)
            raise ValueError(
                f"grid: got a spacing of {dx:.3g}, must be below {most:.3g} for a step of {h:.3g}"
            )
        reach = int(_FAR * spread / dx) + 1
        cell = np.clip(np.rint((to - grid[0]) / dx), -reach - 1, m + reach).astype(int)
        index = cell[:, None] + np.arange(-reach, reach + 1)  # the cells that x reaches
        kernel = np.exp(-0.5 * ((grid[0] + dx * index - to[:, None]) / spread) ** 2)
        inside = (index >= 0) & (index < m)
        mass = np.bincount(index[inside], (kernel * density[:, None])[inside], m)
        density = mass * (dx / (spread * np.sqrt(2 * np.pi)))
    return density


# -- scores ----------------------------------------------------------------------------------------


def ladder(times: Float[Array, " q"], theta: Float[Array, "q K d"]):
    """The score of centres learned at a ladder of noise scales: at t, those of the nearest scale.

    score(t, x) = sum_i w_i(x) theta_i e^{-t} - x with the centres theta of the scale that is
    nearest to t in log t. Piecewise constant centres use nothing that was not learned, and need no
    agreement on labels between scales. One scale is the score of one mixture at every t.

    Parameters
    ----------
    times : array (q,), > 0, distinct, in any order
    theta : array (q, K, d), at time 0, as :func:`ddpm_gmm.descent.anneal` returns them

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
        As in :func:`ddpm_gmm.cubature.expectation`.

    Returns
    -------
    array (scrambles,)
    """
    at = mixture.shrink(check.array("means", means, 2), t)

    def part(x):
        return np.sum((_slope(score, t, x) - mixture.score(x, at)) ** 2) / len(x)

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

    With KL(q_T | law of the start) added, their sum is a bound for :func:`reverse_sde` with the
    exponential scheme: a step draws from one Gaussian where the true reverse transition is a
    mixture of Gaussians of the same width. Derived in notebooks/generation.

    Parameters
    ----------
    score, times
        As in :func:`reverse_sde`.
    means : array (K, d), the true centres at time 0
    rng, m, scrambles
        As in :func:`ddpm_gmm.cubature.expectation`.

    Returns
    -------
    array (scrambles, 2)
    """
    means, times = check.array("means", means, 2), _times(times)
    total = np.zeros((check.count("scrambles", scrambles), 2))
    for t, h in zip(times, -np.diff(times), strict=False):
        at, c = mixture.shrink(means, t), np.expm1(2 * h)
        gram = at @ at.T

        def part(x, at=at, c=c, gram=gram, t=t):
            w = mixture.responsibilities(x, at)
            off = np.sum((_slope(score, t, x) - (w.T @ at - x)) ** 2) / len(x)
            inner = gram @ w  # mu_i . f
            size = np.einsum("kn,kn->n", w, inner)  # |f|^2
            spread = gram[:, :, None] - inner[:, None] - inner[None] + size
            both = logsumexp(c * spread, axis=(0, 1), b=w[:, None] * w[None])
            return np.array([c / 2 * off, both.mean()])

        total += cubature.expectation(part, at, rng, m, scrambles)
    return total
