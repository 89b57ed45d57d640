"""The law of the reverse SDE in one dimension, by quadrature: no samples and no noise.

Derived in notebooks/generation.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture
from ddpm_gmm.generate.schemes import exponential

Array = np.ndarray

_FINE = 1.3  # kernel widths per grid cell at which the sum's error, 2 e^{-2 (pi 1.3)^2}, is 7e-15
_FAR = 9.0  # kernel widths beyond which it is 3e-18 of its height and left out


def _on_grid(density, grid):
    """(density, grid, spacing), checked."""
    density, grid = check.array("density", density, 1), check.array("grid", grid, 1)
    check.same("density.shape", density.shape, "grid", grid.shape)
    gaps = np.diff(grid)
    if len(grid) < 2 or (gaps <= 0).any() or np.ptp(gaps) > 1e-9 * np.abs(grid).max():
        raise ValueError(f"grid: got {grid}, must be uniform and increasing, two points or more")
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
    :func:`ddpm_gmm.generate.scores.ladder`, is run one scale after the other.

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
