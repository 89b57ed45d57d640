"""EM and gradient EM for spherical mixtures with known unit covariance and equal weights.

Standard updates (Balakrishnan, Wainwright & Yu 2017 treat both); ``theta`` of shape (d,) means the
tied pair {theta, -theta}, (K, d) means K centres. The exact population update of the pair is
:func:`ddpm_gmm.pair.population.em_step`.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from ddpm_gmm import check, mixture

Array = np.ndarray
Theta, Sample = Float[Array, "*K d"], Float[Array, "n d"]
Weights = Float[Array, " n"] | None


def _sums(theta, x, weights):
    """Over the rows of x: sum_n w_i(x) of shape (K, 1) and sum_n w_i(x) x of shape (K, d)."""
    mass, first = np.zeros((len(theta), 1)), np.zeros_like(theta)
    for rows in mixture.blocks(len(x), max(theta.shape)):
        w = mixture._posterior(x[rows], theta)
        if weights is not None:
            w *= weights[rows]
        mass[:, 0] += w.sum(axis=1)
        first += w @ x[rows]
    return mass, first


def log_likelihood(theta: Theta, x: Sample, weights: Weights = None):
    """Mean log likelihood of the sample under the mixture with centres theta (a float).

    With ``weights`` (n,) the sum of the points' log likelihoods times these; 1/n each if not given.
    """
    theta, x = check.parameter_and_sample(theta, x)
    weights = check.weights(weights, len(x))
    means = mixture.pair(theta) if theta.ndim == 1 else theta
    rows = mixture.blocks(len(x), max(means.shape))
    if weights is None:
        return np.sum([mixture.log_density(x[i], means).sum() for i in rows]) / len(x)
    return np.sum([mixture.log_density(x[i], means) @ weights[i] for i in rows])


def em_step(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """One EM update on the sample.

    Pair: mean tanh(theta . x) x.  K centres: sum_x w_i(x) x / sum_x w_i(x); a centre whose weights
    all underflow to zero stays where it is.

    Parameters
    ----------
    theta : array (d,) or (K, d)
    x : array (n, d)
    weights : array (n,), optional
        Of the points; only their ratios count here.

    Returns
    -------
    array of the shape of theta
    """
    theta, x = check.parameter_and_sample(theta, x)
    weights = check.weights(weights, len(x))
    if theta.ndim == 1:
        if weights is None:
            return np.tanh(x @ theta) @ x / len(x)
        return (np.tanh(x @ theta) * weights) @ x / weights.sum()
    mass, first = _sums(theta, x, weights)
    return np.where(mass > 0, first / np.where(mass > 0, mass, 1.0), theta)


def em_gradient(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """EM as a gradient field, theta less its update: a unit step along it is :func:`em_step`."""
    theta, x = check.parameter_and_sample(theta, x)
    return theta - em_step(theta, x, weights)


def likelihood_gradient(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """Gradient of :func:`log_likelihood`: a gradient EM step is theta + eta times this.

    Pair: mean tanh(theta . x) x - theta.  K centres: mean w_i(x) (x - theta_i). With ``weights`` as
    there.
    """
    theta, x = check.parameter_and_sample(theta, x)
    weights = check.weights(weights, len(x))
    if theta.ndim == 1:
        step = em_step(theta, x, weights) - theta
        return step if weights is None else weights.sum() * step
    mass, first = _sums(theta, x, weights)
    found = first - mass * theta
    return found / len(x) if weights is None else found


def maximum_likelihood(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """The local maximum of :func:`log_likelihood` reached from theta, by L-BFGS.

    EM ends at the same point but crawls there when the separation is small.

    Parameters
    ----------
    theta : array (d,) or (K, d), the start; K <= n, no two centres equal
    x : array (n, d)
    weights : array (n,), optional
        Of the points; only their ratios count here.

    Returns
    -------
    array of the shape of theta

    Raises
    ------
    RuntimeError
        If the optimiser does not converge.
    """
    theta, x = check.start(theta, x)
    weights = check.weights(weights, len(x))
    if weights is not None:
        weights = weights / weights.sum()

    def downhill(flat):
        at = flat.reshape(theta.shape)
        return -log_likelihood(at, x, weights), -likelihood_gradient(at, x, weights).ravel()

    found = minimize(
        downhill,
        theta.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 10_000, "maxfun": 20_000, "gtol": 1e-9, "ftol": 1e-16},
    )
    # With ftol at rounding, "abnormal" line searches end at the optimum; the gradient decides.
    slope = np.abs(found.jac).max()
    if slope > 1e-6:
        raise RuntimeError(f"maximum likelihood did not converge: gradient {slope:.1e}")
    return found.x.reshape(theta.shape)
