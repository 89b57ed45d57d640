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
    theta, x = check.array("theta", theta, 2), check.array("x", x, 2)
    theta, x = check.parameter_and_sample(theta, x)
    weights = check.weights(weights, len(x))
    norm = np.einsum("kd,kd->k", theta, theta)
    total = 0.0
    for rows in mixture.blocks(len(x), max(theta.shape)):
        w, block = mixture.responsibilities(x[rows], theta), x[rows]
        square = np.sum(w * (norm[:, None] - 2 * theta @ block.T), axis=0)
        square += np.sum(block**2, axis=1)
        total += square.sum() / len(x) if weights is None else square @ weights[rows]
    return float(total / x.shape[1])


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
    theta : array (K, d), the start, in the units of x; K < n, no two centres equal
    x : array (n, d)
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
    theta, x = check.array("theta", theta, 2), check.array("x", x, 2)
    theta, x = check.start(theta, x)
    if len(theta) == len(x):
        raise ValueError(f"theta: got {len(theta)} centres, must be fewer than the rows of x")
    weights = check.weights(weights, len(x))
    if weights is not None:
        weights = weights / weights.sum()
    nearest = cdist(theta, x, "sqeuclidean").min(axis=0)
    unit = np.sqrt(np.average(nearest, weights=weights) / x.shape[1])
    if not unit > 0:
        raise ValueError("x: got points that all lie on the centres, must have some noise")

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
    return sigma, found.x[:-1].reshape(theta.shape) * (unit / sigma)
