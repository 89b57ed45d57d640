"""From an array of seeds to (middle, low, high): what an error bar or a band shows."""

import numpy as np
from scipy import stats


def mean(values, axis=0, *, level=0.99, errors=None):
    """Mean over ``axis`` with its t-interval, or with so many standard ``errors`` either way.

    Parameters
    ----------
    values : array
        One value per seed along ``axis``, at least two.
    level : float
        The coverage of the t-interval.
    errors : float, optional
        Standard errors on either side, in place of the t-interval.
    """
    values = np.asarray(values, dtype=float)
    count = values.shape[axis]
    if count < 2:
        raise ValueError(f"values: got {count} along axis {axis}, must be 2 or more for a spread")
    factor = stats.t.ppf((1 + level) / 2, count - 1) if errors is None else errors
    half = factor * values.std(axis=axis, ddof=1) / np.sqrt(count)
    return around(values.mean(axis=axis), half)


def quantiles(values, axis=0, *, level=0.9):
    """Median over ``axis``, and the quantiles between which the share ``level`` lies."""
    tail = (1 - level) / 2
    low, middle, high = np.quantile(values, (tail, 0.5, 1 - tail), axis=axis)
    return middle, low, high


def rate(wins, tries, *, level=0.99):
    """Share of ``wins`` among ``tries`` with its Clopper-Pearson interval."""
    wins, tries = np.broadcast_arrays(np.asarray(wins, dtype=float), tries)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):  # the beta law with a parameter 0 is handled below
        low = stats.beta.ppf(tail, wins, tries - wins + 1)
        high = stats.beta.isf(tail, wins + 1, tries - wins)
    return wins / tries, np.where(wins == 0, 0.0, low), np.where(wins == tries, 1.0, high)


def around(middle, half):
    """``middle`` with ``half`` on either side."""
    middle, half = np.asarray(middle, dtype=float), np.asarray(half, dtype=float)
    return middle, middle - half, middle + half


def root(spread):
    """The square root of (middle, low, high): from mean squares to a root-mean-square error."""
    return tuple(np.sqrt(np.clip(value, 0, None)) for value in spread)
