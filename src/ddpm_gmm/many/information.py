"""What decides the accuracy of K centres: curvatures and covariances at the truth.

Derived in notebooks/lemma-12.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture

_MOST = 1e75  # entries beyond it have fourth powers that overflow


def _shares(means, x):
    # H is of the fourth degree in distances, and they must not overflow.
    x, means = check.array("x", x, 2, most=_MOST), check.array("means", means, 2, most=_MOST)
    _, x, means = mixture._points_and_means(x, means)
    w = mixture._posterior(x, means).T
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
        Of the points; 1/n each if not given.

    Returns
    -------
    F, H : arrays (K d, K d), centre by centre
    """
    w, gap, psi, _ = _shares(means, x)
    n, _, d = psi.shape
    weights = check.weights(weights, n)

    def second(share):
        share = share.reshape(n, -1)
        if weights is None:
            return share.T @ share / n
        return (share * weights[:, None]).T @ share

    H = 0.0
    for i in range(d):  # the i-th coordinate of the derivative of f
        slope = psi * gap[:, :, i, None]
        slope[:, :, i] += w
        H = H + second(slope)
    return second(psi), H


def jacobian_norms(means, x, weights=None) -> tuple[float, float]:
    """By how much a step of EM and a gradient step of size K contract, at worst, near the truth.

    The norms of I - K F and of I - K H, with F and H of :func:`at_truth`; arguments as there.
    """
    K = len(check.array("means", means, 2))
    spectra = (np.linalg.eigvalsh(M) for M in at_truth(means, x, weights))
    em, descent = (float(np.abs(1 - K * values).max()) for values in spectra)
    return em, descent
