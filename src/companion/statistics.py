"""What seeds say of a mean: the interval by which claims are judged and figures drawn."""

import numpy as np
from scipy import stats

CONFIDENCE = 0.99


def t_interval(values, axis=0):
    """Mean over the seeds and half the width of its 99 % Student interval.

    mean +- t_{0.995, n - 1} s / sqrt(n), s the standard deviation over the n seeds.

    Parameters
    ----------
    values : array, at least 2 seeds along ``axis``

    Returns
    -------
    mean, half : arrays without that axis
    """
    values = np.asarray(values, dtype=float)
    n = values.shape[axis] if values.ndim else 1
    if n < 2:
        raise ValueError(f"values: got {n} seed, must be at least 2")
    half = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * stats.sem(values, axis=axis)
    return values.mean(axis=axis), half
