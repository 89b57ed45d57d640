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
    """(c, theta - c, mass, first), with c the origin of the centres.

    Over the rows of x, mass = sum w_i(x), (K, 1), and first = sum w_i(x) (x - c), (K, d).
    """
    c, theta = mixture._centred(theta)
    mass, first = np.zeros((len(theta), 1)), np.zeros_like(theta)
    for rows in mixture.blocks(len(x), max(theta.shape)):
        block = mixture._less(x[rows], c)
        w = mixture._posterior(block, theta)
        if weights is not None:
            w *= weights[rows]
        mass[:, 0] += w.sum(axis=1)
        first += w @ block
    return c, theta, mass, first


def _step(theta, x, weights):
    """(c, theta - c, the EM step's end less c) for K centres."""
    c, theta, mass, first = _sums(theta, x, weights)
    return c, theta, np.where(mass > 0, first / np.where(mass > 0, mass, 1.0), theta)


def log_likelihood(theta: Theta, x: Sample, weights: Weights = None):
    """Mean log likelihood of the sample under the mixture with centres theta (a float).

    With ``weights`` (n,) the sum of the points' log likelihoods times these; 1/n each if not given.
    """
    theta, x = check.parameter_and_sample(theta, x)
    weights = check.weights(weights, len(x))
    c, means = mixture._centred(mixture.pair(theta) if theta.ndim == 1 else theta)
    rows = mixture.blocks(len(x), max(means.shape))
    logs = ((i, mixture._log_density(mixture._less(x[i], c), means)) for i in rows)
    if weights is None:
        return np.sum([log.sum() for _, log in logs]) / len(x)
    return np.sum([log @ weights[i] for i, log in logs])


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
    c, _, end = _step(theta, x, weights)
    return end + c


def em_gradient(theta: Theta, x: Sample, weights: Weights = None) -> Theta:
    """EM as a gradient field, theta less its update: a unit step along it is :func:`em_step`."""
    theta, x = check.parameter_and_sample(theta, x)
    if theta.ndim == 1:
        return theta - em_step(theta, x, weights)
    _, begin, end = _step(theta, x, check.weights(weights, len(x)))
    return begin - end


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
    _, theta, mass, first = _sums(theta, x, weights)
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
    c, theta = mixture._centred(theta)  # an optimiser's steps, too, are rounded as its arguments
    x = mixture._less(x, c)

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
    return found.x.reshape(theta.shape) + c
