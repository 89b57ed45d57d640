"""How accurate any learner of the pair can be, and how accurate a given objective makes it.

Also, for K centres, what decides both: curvatures and covariances at the truth.

Errors of the pair's d-dimensional estimate split into one direction along mu and d - 1 across it,
and each needs a one-dimensional expectation only. Derived in notebooks/lemma-11 and
notebooks/theorem-07; K centres in notebooks/lemma-12.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, geometry, mixture, population


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


def _shares(means, x):
    w = mixture.responsibilities(x, means).T
    means, x = np.asarray(means, dtype=np.float64), np.asarray(x, dtype=np.float64)
    apart, gap = x[:, None, :] - means, means - (w @ means)[:, None, :]
    psi = w[:, :, None] * apart
    c = -np.einsum("nkd,nkd->nk", apart, gap)
    c -= np.einsum("nk,nk->n", w, c)[:, None]
    return w, gap, psi, psi * (1 - c[:, :, None]) - w[:, :, None] * gap


def shares(means: Float[np.ndarray, "K d"], x: Float[np.ndarray, "n d"]):
    """What each point adds, at the truth, to the two gradients over the K d parameters: (psi, phi).

    psi_k = w_k (x - mu_k), of the log likelihood;
    phi_k = psi_k + w_k (f - mu_k) - (c_k - cbar) psi_k, of the implicit objective's -L/2, with
    f = sum_j w_j mu_j, c_k = (x - mu_k) . (f - mu_k) and cbar = sum_j w_j c_j.

    For large n the maximum-likelihood estimate moves by the sample mean of F^-1 psi, the minimiser
    of the implicit objective by that of H^-1 phi; F and H are :func:`at_truth`'s.

    Parameters
    ----------
    means : array (K, d)
    x : array (n, d)

    Returns
    -------
    psi, phi : arrays (n, K d), centre by centre
    """
    _, _, psi, phi = _shares(means, x)
    return psi.reshape(len(psi), -1), phi.reshape(len(phi), -1)


def at_truth(
    means: Float[np.ndarray, "K d"],
    x: Float[np.ndarray, "n d"],
    weights: Float[np.ndarray, " n"] | None = None,
) -> tuple[Float[np.ndarray, "Kd Kd"], Float[np.ndarray, "Kd Kd"]]:
    """Fisher information F and Hessian H of L/2 at the truth, over the K d parameters.

    F = mean psi psi' and H[v, v] = mean | sum_k (w_k v_k + (psi_k . v_k) (mu_k - f)) |^2, with psi
    and f as in :func:`shares`.

    A step of EM, or of gradient EM with step K, has the Jacobian I - K F at the truth; a gradient
    step of size K has I - K H. Derived in notebooks/lemma-12.

    Parameters
    ----------
    means : array (K, d)
    x : array (n, d)
        Points of the mixture, or the nodes of a rule.
    weights : array (n,), optional
        The mean is of the integrand times these; all 1 if not given.

    Returns
    -------
    F, H : arrays (K d, K d), centre by centre
    """
    w, gap, psi, _ = _shares(means, x)
    n, _, d = psi.shape
    weights = np.ones(n) if weights is None else check.array("weights", weights, 1)
    check.same("weights.shape[0]", len(weights), "the rows of x", n)

    def second(share):
        share = share.reshape(n, -1)
        return (share * weights[:, None]).T @ share / n

    H = 0.0
    for i in range(d):  # the i-th coordinate of the derivative of f
        slope = psi * gap[:, :, i, None]
        slope[:, :, i] += w
        H = H + second(slope)
    return second(psi), H
