"""What a bad argument is told: one ValueError that names it, what it was and what it must be."""

import numpy as np

LONGEST = 20.0  # of a time that is undone, 2^-53 e^20 = 5e-8
_MOST = 1e100  # entries beyond it have squares that overflow


def _seen(value):
    """What was got, on one line of at most 60 characters, however many it takes to print."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _numbers(name, value):
    """Return float64 numbers; refuse complex numbers, text, dates and objects."""
    try:
        out = np.asarray(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {_seen(value)}, must be an array of real numbers") from None
    if out.dtype.kind in "biuf":
        return np.asarray(out, dtype=np.float64)
    got = _seen(value)
    if out.dtype.kind == "O" and out.ndim:  # as from a table whose columns are of several kinds
        odd = (i for i in np.ndindex(out.shape) if not isinstance(out[i], (int, float, np.number)))
        at = next(odd, None)
        got = "a table of objects" if at is None else f"{_seen(out[at])} at index {at}"
    raise ValueError(f"{name}: got {got}, must be an array of real numbers")


def _finite(name, value, where="", most=_MOST):
    """Refuse a number that is not finite, or is too large to be squared."""
    if not abs(value) < most:
        size = f" and below {most:g} in size" if np.isfinite(value) else ""
        raise ValueError(f"{name}: got {value}{where}, must be finite{size}")


def array(name, value, *ndims, least_axes=None, most=_MOST):
    """Return ``value`` as a float64 array: finite, not empty, and of a shape that is allowed.

    Finite means below ``most`` in size, 1e100, so that squares and inner products are finite too.

    ``ndims`` lists the numbers of axes allowed; ``least_axes`` instead allows that many or more,
    for functions that take a batch of vectors.
    """
    out = _numbers(name, value)
    if out.ndim < least_axes if least_axes is not None else out.ndim not in ndims:
        want = " or ".join(map(str, ndims)) if least_axes is None else f"at least {least_axes}"
        raise ValueError(f"{name}: got shape {out.shape}, must have {want} axes")
    if out.size == 0:
        raise ValueError(f"{name}: got shape {out.shape}, must not be empty")
    if not (out.min() > -most and out.max() < most):  # false for nan; allocates nothing
        bad = np.argwhere(~(np.abs(out) < most))[0]
        index = tuple(map(int, bad))
        _finite(name, out[index], f" at index {index}", most)
    return out


def same(name, shape, other, other_shape):
    """Refuse unless the two shapes agree where the formula needs them to."""
    if shape != other_shape:
        raise ValueError(f"{name}: got {shape}, must be {other_shape} to match {other}")


def columns(name, value, other, other_value):
    """Refuse two tables (things with named ``columns``) whose columns are not the same in order."""
    own, others = (getattr(table, "columns", None) for table in (value, other_value))
    if own is not None and others is not None and list(own) != list(others):
        own, others = _seen(list(own)), _seen(list(others))
        raise ValueError(f"{name}.columns: got {own}, must be {others} to match {other}")


def number(name, value, *, above=None, least=None):
    """Return a float, finite as in :func:`array`, ``above`` the given limit or at ``least`` it."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        out = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {_seen(value)}, must be a real number") from None
    _finite(name, out)
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
        raise ValueError(f"{name}: got {_seen(value)}, must be [low, high]") from None
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
        raise ValueError(f"{name}: got {_seen(value)}, must be a whole number >= {least}{upto}")
    return int(value)


def weights(value, rows, name="x"):
    """Return weights (rows,), none negative and not all zero; None, for equal ones, stays None."""
    if value is None:
        return None
    out = array("weights", value, 1)
    same("weights.shape[0]", len(out), f"the rows of {name}", rows)
    if out.min() < 0 or not out.sum() > 0:
        raise ValueError(f"weights: got {_seen(out)}, must be >= 0 with a sum > 0")
    return out


def generator(rng):
    """Return the generator; refuse anything else, a seed above all: equal seeds, equal draws."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng: got {_seen(rng)}, must be a numpy.random.Generator")
    return rng


def falling(name, times):
    """Return times (q,), >= 0 and strictly decreasing."""
    times = array(name, times, 1)
    if times.min() < 0 or (np.diff(times) >= 0).any():
        raise ValueError(f"{name}: got {_seen(times)}, must be >= 0 and strictly decreasing")
    return times


def reversible(name, value):
    """Return a time > 0 that can be undone: at most 20, and 5e-8 of what it shrank is rounding.

    What shrinks as e^{-t} beside numbers of size one is there rounded at 2^-53, and undoing the
    time multiplies that by e^t.
    """
    out = number(name, value, above=0)
    if out > LONGEST:
        raise ValueError(
            f"{name}: got {out:g}, must be <= {LONGEST:g}, or rounding drowns what is left"
        )
    return out


def scored(score, t, x):
    """Return score(t, x), refused unless it has the shape of x."""
    out = np.asarray(score(float(t), x), dtype=np.float64)
    same("the shape of score(t, x)", out.shape, "x", x.shape)
    return out


def together(name, value, other, other_value):
    """Return two arrays, of any number of axes, that broadcast against each other, broadcast."""
    a, b = array(name, value, least_axes=0), array(other, other_value, least_axes=0)
    try:
        return np.broadcast_arrays(a, b)
    except ValueError:
        raise ValueError(
            f"{name}: got shape {a.shape}, must broadcast with {other} of shape {b.shape}"
        ) from None


def vectors(theta, mu):
    """Return (theta, mu) as arrays (..., d) with the same d and batches that broadcast."""
    theta, mu = array("theta", theta, least_axes=1), array("mu", mu, least_axes=1)
    same("theta.shape[-1]", theta.shape[-1], "mu", mu.shape[-1])
    together("theta", theta, "mu", mu)
    return theta, mu


def parameter_and_sample(theta, x, name="x", of="theta"):
    """Return (theta, x): theta of shape (d,) for the pair or (K, d), x of shape (n, d)."""
    columns(of, theta, name, x)
    theta, x = array(of, theta, 1, 2), array(name, x, 2)
    same(f"{of}.shape[-1]", theta.shape[-1], f"the columns of {name}", x.shape[1])
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
