"""From an array of seeds to (middle, low, high): what an error bar or a band shows."""

import numpy as np

from companion.statistics import proportion, t_interval


def mean(values, axis=0, *, errors=None):
    """Mean over ``axis`` with its 99 % t-interval, or with so many standard ``errors`` either way.

    Parameters
    ----------
    values : array
        One value per seed along ``axis``, at least two.
    errors : float, optional
        Standard errors on either side, in place of the t-interval.
    """
    middle, half = t_interval(values, axis)
    if errors is not None:
        half = errors * np.std(values, axis=axis, ddof=1) / np.shape(values)[axis] ** 0.5
    return around(middle, half)


def quantiles(values, axis=0, *, level=0.9):
    """Median over ``axis``, and the quantiles between which the share ``level`` lies."""
    tail = (1 - level) / 2
    low, middle, high = np.quantile(values, (tail, 0.5, 1 - tail), axis=axis)
    return middle, low, high


def rate(wins, tries):
    """Share of ``wins`` among ``tries`` with its 99 % Clopper-Pearson interval."""
    return np.divide(wins, tries), *proportion(wins, tries)


def around(middle, half):
    """``middle`` with ``half`` on either side."""
    middle, half = np.asarray(middle, dtype=float), np.asarray(half, dtype=float)
    return middle, middle - half, middle + half


def root(spread):
    """The square root of (middle, low, high): from mean squares to a root-mean-square error."""
    return tuple(np.sqrt(np.clip(value, 0, None)) for value in spread)
