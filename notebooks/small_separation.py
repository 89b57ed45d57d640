"""What the chapter on small separation alone needs: its two stages, and what no test can tell."""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ddpm_gmm import check
from ddpm_gmm.learn import descent

Array = np.ndarray
_ANGLES = np.linspace(0, np.pi, 20_001)[1:-1]


def two_phases(pull, start: Float[Array, " d"], radius: float, eta: float, h: int):
    """h steps on the sphere |theta| = radius, then h without it: the whole path, (2h + 1, d).

    Parameters
    ----------
    pull : callable, theta -> array of its shape, the gradient
    start : array (d,), put onto the sphere first
    radius, eta : float, > 0
    h : int
    """
    held = descent.on_sphere(pull, start, eta, h, radius)
    return np.concatenate([held, descent.descend(pull, held[-1], eta, h)[1:]])


def budget(d: int, length: float, gamma: float) -> int:
    """Unit steps, fixed beforehand, that a sample of gamma d/|mu|^4 points needs in each stage.

    log(40 sqrt(d)) over the rate log(1 + 2 gap), with the gap |mu|^2 (1 - 1/sqrt(gamma))^2 between
    the sample's two largest eigenvalues, gamma at least 2. Derived in notebooks/small-separation.
    """
    speed = 2 * length**2 * (1 - max(gamma, 2) ** -0.5) ** 2
    return int(np.ceil(np.log(40 * np.sqrt(d)) / np.log1p(speed)))


def log_moment(d: int, s: float, gamma: float, of_one) -> float:
    """log of the second moment of the likelihood ratio, times sqrt(1 - n s^2/d): <= 0 is claimed.

    The second moment is E exp(n f(s c)) for the cosine c of two random directions in d dimensions,
    by the trapezoidal rule in the angle.

    Parameters
    ----------
    d : int, at least 3
    s : float, |mu|^2 > 0
    gamma : float, n s^2/d, below 1; n is rounded down
    of_one : callable
        f: log E of one point's product of likelihood ratios for centres of inner product y, which
        is log cosh(y) for the pair and y for a single Gaussian.
    """
    n = int(gamma * check.count("d", d, least=3) / s**2)
    weight = (d - 2) * np.log(np.sin(_ANGLES))
    log_mean = logsumexp(weight + n * of_one(s * np.cos(_ANGLES))) - logsumexp(weight)
    return log_mean + np.log1p(-n * s**2 / d) / 2
