"""How accurate any learner of the pair can be, and how accurate a given objective makes it.

Errors of the pair's d-dimensional estimate split into one direction along mu and d - 1 across it,
and each needs a one-dimensional expectation only. Derived in notebooks/lemma-11 and
notebooks/theorem-07.
"""

import numpy as np

from ddpm_gmm import check, geometry
from ddpm_gmm.pair import population


def _diagonal(matrix):
    return matrix[..., 0, 0], matrix[..., 1, 1]


def _at_truth(size):
    size = check.array("size", size, least=0)
    if (size <= 0).any():
        raise ValueError(f"size: got {size.min():g}, must be > 0: at 0 the centre has no direction")
    return size, geometry.from_plane(size, 0.0)


def fisher(size):
    """Fisher information of one point about the pair's centre, (along mu, across mu).

    I - J with J the Jacobian of the EM map at the truth: what EM leaves over in a step is what the
    hidden label costs.

    Parameters
    ----------
    size : float or array (...), |mu| > 0

    Returns
    -------
    along, across : floats or arrays (...)
    """
    size, mu = _at_truth(size)
    along, across = _diagonal(population.em_jacobian(mu, mu))
    return 1 - along, 1 - across


def implicit_covariance(size):
    """n times the error covariance of the implicit objective's minimiser, (along mu, across mu).

    The sandwich V / H^2 for large n: V the variance of one point's gradient at the truth, H the
    curvature. At least 1 / :func:`fisher`. ``size`` is |mu_t| at the noise scale of the points, and
    the error is that of theta_t, on one noised copy of the sample.

    Parameters
    ----------
    size : float or array (...), |mu| > 0

    Returns
    -------
    along, across : floats or arrays (...)
    """
    size, mu = _at_truth(size)
    g, w = population.nodes(float(size.max()))
    s = size[..., None]
    u = s**2 + s * g
    h = np.tanh(u)
    weight = h + (1 - h**2) * (u + s**2 * h)
    along = ((2 - h**2) * s - weight * u / s) ** 2 @ w
    across = weight**2 @ w
    curved_along, curved_across = _diagonal(population.hessian(mu, mu))
    return along / curved_along**2, across / curved_across**2


def cramer_rao(size, d: int, n: int):
    """Least mean squared error of an unbiased estimate of mu from n points in d dimensions.

    (1/I_along + (d - 1)/I_across) / n, the trace of the inverse Fisher information.

    Parameters
    ----------
    size : float or array (...), |mu| > 0
    d, n : int

    Returns
    -------
    float or array (...)
    """
    along, across = fisher(size)
    return (1 / along + (check.count("d", d) - 1) / across) / check.count("n", n)
