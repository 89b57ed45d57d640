"""What measurements say: intervals of means and shares, exponents, the worst; streams of seeds."""

import numpy as np
from scipy import special  # scipy.stats would double the time that the command needs to start

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
    half = special.stdtrit(n - 1, (1 + CONFIDENCE) / 2) / n**0.5 * values.std(axis=axis, ddof=1)
    return values.mean(axis=axis), half


def proportion(wins, tries):
    """The 99 % interval of a share of which ``wins`` of ``tries`` were seen (Clopper-Pearson).

    Parameters
    ----------
    wins, tries : whole numbers, or arrays of them that broadcast

    Returns
    -------
    low, high : floats, or arrays
    """
    wins, tries = np.broadcast_arrays(np.asarray(wins, dtype=float), tries)
    tail = (1 - CONFIDENCE) / 2
    low = special.betaincinv(wins, tries - wins + 1, tail)
    high = special.betainccinv(wins + 1, tries - wins, tail)
    return np.where(wins == 0, 0.0, low)[()], np.where(wins == tries, 1.0, high)[()]


def slope(x, y):
    """The exponent p of y ~ x^p, by least squares in the logarithms of both.

    Parameters
    ----------
    x : array (n,), > 0, n at least 2
    y : array (..., n), > 0

    Returns
    -------
    float, or array (...) with one exponent for each row
    """
    y = np.log(np.asarray(y, dtype=float))
    fitted = np.polyfit(np.log(x), y.reshape(-1, y.shape[-1]).T, 1)[0]
    return fitted.reshape(y.shape[:-1])[()]


def streams(seed: int):
    """A function that gives a generator of its own to every key: rng(3, k) for the k-th seed.

    Generators of different keys are independent (numpy.random.SeedSequence), but zeros at the end
    of a key do not count: rng(3, 0) is rng(3).
    """

    def rng(*key: int) -> np.random.Generator:
        return np.random.default_rng([seed, *key])

    return rng


def farthest(values, target):
    """The one of several values that lies farthest from a target: the worst of those measured."""
    return values[np.argmax(np.abs(np.asarray(values) - target))]


def nearest(values, target):
    """The one that lies nearest to it: the best that a control can do."""
    return values[np.argmin(np.abs(np.asarray(values) - target))]
