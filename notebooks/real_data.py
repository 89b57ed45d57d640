"""What the chapter on real data alone needs: the noise level, by maximum likelihood.

The model is (1/K) sum_i N(mu_i, I). Data with some other isotropic noise become its data when they
are divided by the noise's standard deviation sigma, and only then: dividing each direction by its
total standard deviation shrinks the centres with the noise. Here sigma is a parameter that is
fitted with the centres, by maximum likelihood and without labels. Derived in notebooks/real-data.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from ddpm_gmm import check, em, mixture

Array = np.ndarray
Weights = Float[Array, " n"] | None

_FAR = 12.0  # where log sigma is stopped when the likelihood has no maximum: e^12 off the start


def residual(theta: Float[Array, "K d"], x: Float[Array, "n d"], weights: Weights = None) -> float:
    """Posterior mean square distance to the own centre, per dimension: one under the model.

    mean sum_i w_i(x) |x - theta_i|^2 / d, which at a stationary point of the likelihood is Stein's
    -mean x . score(x) / d.

    Parameters
    ----------
    theta : array (K, d)
    x : array (n, d)
    weights : array (n,), optional
        Of the points; 1/n each if not given.
    """
    theta, x = check.parameter_and_sample(theta, x)
    theta, weights = check.array("theta", theta, 2), check.weights(weights, len(x))
    c = mixture.origin(theta)
    theta = theta - c
    norm = np.einsum("kd,kd->k", theta, theta)
    total = 0.0
    for rows in mixture.blocks(len(x), max(theta.shape)):
        block = x[rows] - c
        w = mixture.responsibilities(block, theta)
        square = np.sum(w * (norm[:, None] - 2 * theta @ block.T), axis=0)
        square += np.sum(block**2, axis=1)
        total += square.sum() / len(x) if weights is None else square @ weights[rows]
    return float(total / x.shape[1])


def _to_whiten(theta, x, weights):
    """(theta, x, weights) of :func:`noise_level`, checked: is there noise in every direction?"""
    theta, x = check.start(theta, x)
    theta, weights = check.array("theta", theta, 2), check.weights(weights, len(x))
    seen = x if weights is None else x[weights > 0]
    distinct = len(np.unique(seen, axis=0))
    if len(theta) >= distinct:  # the likelihood has no end where each point has its own centre
        raise ValueError(
            f"theta: got {len(theta)} centres, must be fewer than {distinct}, "
            "the distinct rows of x"
        )
    still = np.ptp(seen, axis=0) == 0
    if still.any():
        raise ValueError(
            f"x: got the constant column {still.argmax()}, must vary: it has no noise to whiten"
        )
    return theta, x, None if weights is None else weights / weights.sum()


def noise_level(
    theta: Float[Array, "K d"], x: Float[Array, "n d"], weights: Weights = None
) -> tuple[float, Float[Array, "K d"]]:
    """The maximum-likelihood sigma of (1/K) sum_i N(theta_i, sigma^2 I), and theta / sigma.

    Maximises -d log sigma + mean log q(x / sigma), q the mixture with unit noise and centres
    theta / sigma, over theta and sigma: the local maximum reached from theta, by L-BFGS. There the
    :func:`residual` of x / sigma is one. For separated clusters the mean of sigma^2 falls short of
    the noise's by the factor 1 - K/n.

    Parameters
    ----------
    theta : array (K, d), the start, in the units of x; no two centres equal, and fewer of them
        than x has distinct rows
    x : array (n, d), no column constant: under the model none is
    weights : array (n,), optional
        Of the points; only their ratios count here.

    Returns
    -------
    sigma : float
    centres : array (K, d), in units of sigma

    Raises
    ------
    RuntimeError
        If the optimiser does not converge, as when centres sit on single points.
    """
    theta, x, weights = _to_whiten(theta, x, weights)
    c, size = mixture.origin(theta), 2.0 ** np.frexp(np.ptp(x, axis=0).max())[1]
    theta, x = (theta - c) / size, (x - c) / size  # their own origin and unit, exactly
    nearest = cdist(theta, x, "sqeuclidean").min(axis=0)
    unit = np.sqrt(np.average(nearest, weights=weights) / x.shape[1])
    if not unit > 0:
        raise ValueError("x: got points that lie on the centres to rounding, must have some noise")

    def downhill(parameters):  # theta in the first unit, log sigma over that unit
        scale = unit * np.exp(parameters[-1])
        y, at = x / scale, parameters[:-1].reshape(theta.shape) * (unit / scale)
        value = x.shape[1] * parameters[-1] - em.log_likelihood(at, y, weights)
        downwards = -em.likelihood_gradient(at, y, weights) * (unit / scale)
        slope = x.shape[1] * (1 - residual(at, y, weights))
        return value, np.append(downwards, slope)

    found = minimize(
        downhill,
        np.append(theta / unit, 0.0),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * theta.size + [(-_FAR, _FAR)],
        options={"maxiter": 10_000, "maxfun": 20_000, "gtol": 1e-9, "ftol": 1e-16},
    )
    slope = np.abs(found.jac).max()
    if not slope <= 1e-6:  # as in em.maximum_likelihood, the gradient decides
        raise RuntimeError(f"the noise level did not converge: gradient {slope:.1e}")
    sigma = float(unit * np.exp(found.x[-1]))
    return size * sigma, found.x[:-1].reshape(theta.shape) * (unit / sigma) + c / (size * sigma)
