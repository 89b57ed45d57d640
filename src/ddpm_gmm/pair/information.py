"""How accurate any learner of the pair can be, and how accurate a given objective makes it.

Errors of the pair's d-dimensional estimate split into one direction along mu and d - 1 across it,
and each needs a one-dimensional expectation only. Derived in notebooks/lemma-11 and
notebooks/theorem-07.
"""

import numpy as np

from ddpm_gmm import check, geometry, rules
from ddpm_gmm.pair import population

LEAST = 1e-5  # of |mu|: information of 2 |mu|^2 is what is left of 1, whose rounding is 6e-7 of it


def _diagonal(matrix):
    return matrix[..., 0, 0], matrix[..., 1, 1]


def _at_truth(size, name="size"):
    size = check.array(name, size, least_axes=0)
    if size.min() < LEAST:
        raise ValueError(
            f"{name}: got {size.min():g}, must be >= {LEAST:g}: below, information is rounding"
        )
    return size, geometry.from_plane(size, 0.0)


def fisher(size):
    """Fisher information of one point about the pair's centre, (along mu, across mu).

    I - J with J the Jacobian of the EM map at the truth: what EM leaves over in a step is what the
    hidden label costs.

    Parameters
    ----------
    size : float or array (...), |mu| >= 1e-5

    Returns
    -------
    along, across : floats or arrays (...)
    """
    size, mu = _at_truth(size)
    along, across = _diagonal(population.em_jacobian(mu, mu))
    return 1 - along, 1 - across


def curvature(size):
    """Curvature of the population objective L/2 at the truth, (along mu, across mu).

    Parameters
    ----------
    size : float or array (...), |mu_t| >= 1e-5 at the noise scale at hand

    Returns
    -------
    along, across : floats or arrays (...)
    """
    _, mu = _at_truth(size)
    return _diagonal(population.hessian(mu, mu))


def implicit_variance(size):
    """Variance of one point's gradient of the implicit form at the truth, (along, across).

    E[ ((2 - h^2) s - omega u/s)^2 ] and E[ omega^2 ], with u = s^2 + s g, h = tanh(u) and
    omega = h + (1 - h^2)(u + s^2 h): the noise is that of one noised point.

    Parameters, returns
        As in :func:`curvature`.
    """
    size, _ = _at_truth(size)
    g, w = rules.gaussian(float(size.max()))
    s = size[..., None]
    u = s**2 + s * g
    h = np.tanh(u)
    omega = h + (1 - h**2) * (u + s**2 * h)
    return ((2 - h**2) * s - omega * u / s) ** 2 @ w, omega**2 @ w


def literal_variance(size_t, t):
    """Variance of one point's gradient of the literal form at the truth, (along, across).

    With s = ``size_t``, u = s^2 + s g, h = tanh(u), k = 1 - h^2 and c = 1/(e^{2t} - 1), what a
    target of one noise vector costs,

        E[ (h + u k)^2 (s^2 (1 - h)^2 + c) ]   and   E[ c h^2 + s^2 k^2 (s^2 (1 - h)^2 + c) ].

    Derived in notebooks/theorem-07.

    Parameters
    ----------
    size_t : float or array (...), |mu_t| >= 1e-5, at time t
    t : float, > 0

    Returns
    -------
    along, across : floats or arrays (...)
    """
    size, _ = _at_truth(size_t, "size_t")
    c = 1 / np.expm1(2 * check.number("t", t, above=0))
    g, w = rules.gaussian(float(size.max()))
    s = size[..., None]
    u = s**2 + s * g
    h = np.tanh(u)
    k, square = 1 - h**2, s**2 * (1 - h) ** 2 + c
    return ((h + u * k) ** 2 * square) @ w, (c * h**2 + s**2 * k**2 * square) @ w


def implicit_covariance(size):
    """n times the error covariance of the implicit objective's minimiser, (along mu, across mu).

    The sandwich V / H^2 for large n: V :func:`implicit_variance`, H :func:`curvature`. At least
    1 / :func:`fisher`. ``size`` is |mu_t| at the noise scale of the points, and the error is that
    of theta_t, on one noised copy of the sample.

    Parameters, returns
        As in :func:`curvature`.
    """
    pairs = zip(implicit_variance(size), curvature(size), strict=True)
    along, across = (variance / slope**2 for variance, slope in pairs)
    return along, across


def spectral_covariance(size):
    """n times the error covariance of the sample's principal component, for n far above d.

    (1 + 1/(2 |mu|^2), 1 + 1/|mu|^2), along and across: the top eigenvector of the sample's second
    moments, with the square root of its eigenvalue less one as length. Derived in notebooks/kin.

    Parameters, returns
        As in :func:`curvature`.
    """
    size, _ = _at_truth(size)
    return 1 + 1 / (2 * size**2), 1 + 1 / size**2


def cramer_rao(size, d: int, n: int):
    """Least mean squared error of an unbiased estimate of mu from n points in d dimensions.

    (1/I_along + (d - 1)/I_across) / n, the trace of the inverse Fisher information.

    Parameters
    ----------
    size : float or array (...), |mu| >= 1e-5
    d, n : int

    Returns
    -------
    float or array (...)
    """
    along, across = fisher(size)
    return (1 / along + (check.count("d", d) - 1) / across) / check.count("n", n)
