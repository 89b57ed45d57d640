"""What the chapter on Theorem 7 alone needs: what is left of the literal form's iterates."""

import numpy as np

from ddpm_gmm import check
from ddpm_gmm.pair import information, noise


def walk(size: float, t: float, k: int = 1, eta: float = 1.0):
    """n times the error covariance of the mean of k iterates, (along mu, across mu).

    Floor plus jitter (theorem-07-average). About the averaged objective's minimiser the iterates
    of the literal form with fresh noise are an autoregression with rho = 1 - eta H, whose variance
    is eta S / (H (2 - eta H)); S is what the noise adds to a point's gradient, and the mean of k
    keeps the share (1 + rho)/(k (1 - rho)) - 2 rho (1 - rho^k)/(k (1 - rho))^2 of it.

    Parameters
    ----------
    size : float, |mu| > 0
    t : float, > 0
    k : int, how many iterates are averaged
    eta : float, > 0, the step

    Returns
    -------
    array (2,)
    """
    size, t = check.number("size", size, above=0), check.number("t", t, above=0)
    k, eta = check.count("k", k), check.number("eta", eta, above=0)
    size_t, shrink = size * np.exp(-t), np.exp(-2 * t)
    H, floor = np.array(information.curvature(size_t)), np.array(noise.covariance(size, t, 1.0))
    share = np.array(information.literal_variance(size_t, t)) / shrink - floor * H**2
    jitter, rho = eta * share / (H * (2 - eta * H)), 1 - eta * H
    kept = (1 + rho) / (k * (1 - rho)) - 2 * rho * (1 - rho**k) / (k * (1 - rho)) ** 2
    return floor + jitter * kept
