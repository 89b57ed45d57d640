"""What a bad argument is told: one ValueError that names it, what it was and what it must be."""

import numpy as np

_MOST = 1e100  # entries beyond it have squares that overflow


def array(name, value, *ndims, least=None):
    """Return ``value`` as a float64 array: finite, not empty, and of a shape that is allowed.

    Finite means below 1e100 in size, so that squares and inner products are finite as well.

    ``ndims`` lists the numbers of axes allowed; ``least`` instead allows that many or more, for
    functions that take a batch of vectors.
    """
    try:
        if np.iscomplexobj(value):
            raise TypeError
        out = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {value!r:.60}, must be an array of real numbers") from None
    if out.ndim < least if least is not None else out.ndim not in ndims:
        want = f"at least {least}" if least is not None else " or ".join(map(str, ndims))
        raise ValueError(f"{name}: got shape {out.shape}, must have {want} axes")
    if out.size == 0:
        raise ValueError(f"{name}: got shape {out.shape}, must not be empty")
    if not (out.min() > -_MOST and out.max() < _MOST):  # false for nan; allocates nothing
        bad = np.argwhere(~(np.abs(out) < _MOST))[0]
        least = "" if not np.isfinite(out[tuple(bad)]) else f" and below {_MOST:g} in size"
        raise ValueError(
            f"{name}: got {out[tuple(bad)]} at index {tuple(map(int, bad))}, must be finite{least}"
        )
    return out


def same(name, shape, other, other_shape):
    """Refuse unless the two shapes agree where the formula needs them to."""
    if shape != other_shape:
        raise ValueError(f"{name}: got {shape}, must be {other_shape} to match {other}")


def number(name, value, *, above=None, least=None):
    """Return a finite float, strictly ``above`` or at ``least`` the given limit."""
    try:
        out = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {value!r:.60}, must be a real number") from None
    if not np.isfinite(out):
        raise ValueError(f"{name}: got {out}, must be finite")
    if above is not None and not out > above:
        raise ValueError(f"{name}: got {out:g}, must be > {above:g}")
    if least is not None and not out >= least:
        raise ValueError(f"{name}: got {out:g}, must be >= {least:g}")
    return out


def interval(name, value, *, above=None, least=None, most=None):
    """Return (low, high), finite, low <= high, both within the limits."""
    try:
        low, high = value
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {value!r:.60}, must be [low, high]") from None
    low, high = (number(name, end, above=above, least=least) for end in (low, high))
    if low > high:
        raise ValueError(f"{name}: got [{low:g}, {high:g}], must be [low, high] with low <= high")
    if most is not None and high > most:
        raise ValueError(f"{name}: got [{low:g}, {high:g}], must be <= {most:g}")
    return low, high


def count(name, value, least=1, most=None):
    """Return an int from ``least`` to ``most``; booleans and fractions are refused."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        upto = "" if most is None else f" and <= {most}"
        raise ValueError(f"{name}: got {value!r:.60}, must be a whole number >= {least}{upto}")
    return int(value)


def falling(name, times):
    """Return times (q,), >= 0 and strictly decreasing."""
    times = array(name, times, 1)
    if times.min() < 0 or (np.diff(times) >= 0).any():
        raise ValueError(f"{name}: got {times}, must be >= 0 and strictly decreasing")
    return times


def scored(score, t, x):
    """Return score(t, x), refused unless it has the shape of x."""
    out = np.asarray(score(float(t), x), dtype=np.float64)
    same("the shape of score(t, x)", out.shape, "x", x.shape)
    return out


def together(name, value, other, other_value):
    """Return two arrays, of any number of axes, that broadcast against each other, broadcast."""
    a, b = array(name, value, least=0), array(other, other_value, least=0)
    try:
        return np.broadcast_arrays(a, b)
    except ValueError:
        raise ValueError(
            f"{name}: got shape {a.shape}, must broadcast with {other} of shape {b.shape}"
        ) from None


def vectors(theta, mu):
    """Return (theta, mu) as arrays (..., d) with the same d and batches that broadcast."""
    theta, mu = array("theta", theta, least=1), array("mu", mu, least=1)
    same("theta.shape[-1]", theta.shape[-1], "mu", mu.shape[-1])
    together("theta", theta, "mu", mu)
    return theta, mu


def parameter_and_sample(theta, x, name="x"):
    """Return (theta, x): theta of shape (d,) for the pair or (K, d), x of shape (n, d)."""
    theta, x = array("theta", theta, 1, 2), array(name, x, 2)
    same("theta.shape[-1]", theta.shape[-1], f"the columns of {name}", x.shape[1])
    return theta, x


def start(theta, x, name="x"):
    """Return (theta, x) as above, for a descent: no more centres than points, no two equal."""
    theta, x = parameter_and_sample(theta, x, name)
    if theta.ndim == 2:
        if len(theta) > len(x):
            raise ValueError(
                f"theta: got {len(theta)} centres, must be at most {len(x)}, the rows of {name}"
            )
        distinct("theta", theta)
    return theta, x


def distinct(name, centres):
    """Refuse centres (K, d) of which two are equal: their gradients agree and never part them."""
    _, first, which = np.unique(centres, axis=0, return_index=True, return_inverse=True)
    if len(first) < len(centres):
        again = next(i for i, j in enumerate(first[which.ravel()]) if i != j)
        raise ValueError(
            f"{name}: got equal centres {int(first[which.ravel()][again])} and {again}, "
            "must be distinct"
        )
