"""What the chapter on Theorem 2 alone needs: a layout, the jackknife, the law of a threshold."""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq, minimize_scalar

from ddpm_gmm import centres, check


def grid(K: int, d: int, delta: float) -> Float[np.ndarray, "K d"]:
    """K points of a square grid of spacing delta, as many sides as d allows, with mean zero.

    The sides have ceil(K^(1/s)) points in s = min(d, ceil(log2 K)) dimensions; of these points the
    first K in lexicographic order.
    """
    K, d = check.count("K", K, least=2), check.count("d", d)
    delta = check.number("delta", delta, above=0)
    s = min(d, (K - 1).bit_length())
    side = next(m for m in range(2, K + 1) if m**s >= K)
    points = np.zeros((K, d))
    points[:, :s] = np.stack(np.unravel_index(np.arange(K), (side,) * s), axis=1)
    points -= points.mean(axis=0)
    return points * (delta / centres.separation(points))


def without_each(stack: Float[np.ndarray, "n ..."]) -> list[Float[np.ndarray, "..."]]:
    """The whole, and then the stack without its first row, without its second, and so on."""
    return [stack, *(np.delete(stack, j, axis=0) for j in range(len(stack)))]


def pseudo(values: Float[np.ndarray, "*batch m"]) -> Float[np.ndarray, "*batch n"]:
    """The jackknife's pseudo-values n T - (n - 1) T_j; m = n + 1.

    Their mean is T without its bias of order 1/n, and their standard error is that of T.

    Parameters
    ----------
    values : array (..., n + 1), a statistic T of each of :func:`without_each`
    """
    n = values.shape[-1] - 1
    return n * values[..., :1] - (n - 1) * values[..., 1:]


def squared(e: Float[np.ndarray, "n *batch d"]) -> Float[np.ndarray, "*batch"]:
    """Unbiased estimate of |E e|^2 from independent estimates e_1, ..., e_n: the mean of e_a . e_b.

    Over all a != b, where the square of the mean would be too large by the noise.
    """
    return (np.sum(e.sum(0) ** 2, -1) - np.sum(e**2, (0, -1))) / (len(e) * (len(e) - 1))


def roots(x: Float[np.ndarray, " n"], curves: Float[np.ndarray, "n m"]) -> Float[np.ndarray, " m"]:
    """Where each of the columns falls through zero for the last time, by a cubic spline.

    Parameters
    ----------
    x : array (n,), increasing
    curves : array (n, m), each column positive somewhere and negative at the end
    """
    found = []
    for y in curves.T:
        above = np.flatnonzero(y > 0)
        if not len(above) or above[-1] == len(x) - 1:
            raise ValueError("curves: got one that does not fall through zero, must do so")
        k = above[-1]
        found.append(brentq(CubicSpline(x, y), x[k], x[k + 1]))
    return np.array(found)


def exponent(K, values: Float[np.ndarray, " n"]) -> float:
    """The p of values ~ a + b (K^p - 1)/p, which is a + b log K at p = 0 (Box and Cox).

    Least squares in a and b for every p, and the best p between -2 and 2.

    Parameters
    ----------
    K : n >= 3 numbers > 0
    values : array (n,)
    """
    K, values = (
        np.log(check.array("K", np.asarray(K, dtype=float), 1)),
        check.array("values", values, 1),
    )
    check.same("len(values)", len(values), "K", len(K))
    if len(K) < 3:
        raise ValueError(f"K: got {len(K)} sizes, must be at least 3")

    def left(p):  # of the variance, when a and b are the best
        x = np.expm1(p * K) / p if abs(p) > 1e-9 else K
        return 1 - np.corrcoef(x, values)[0, 1] ** 2

    return float(minimize_scalar(left, bounds=(-2, 2), method="bounded", options={"xatol": 1e-9}).x)
