"""What the chapter on small separation alone needs: its two stages, and what no test can tell."""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ddpm_gmm import check, geometry, mixture, objective
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


# -- fresh data at every step ----------------------------------------------------------------------


def fresh_price(t: float) -> float:
    """What noise at scale t costs in fresh points: e^{2t} / (4 (1 - e^{-2t})), least at log(2)/2.

    Derived in notebooks/small-separation.
    """
    t = check.number("t", t, above=0)
    return np.exp(2 * t) / (-4 * np.expm1(-2 * t))


def fresh_points(d: int, length: float, t: float, gamma: float, rise: float) -> int:
    """Fresh points a step of ``rise`` / |mu_t|^2: gamma P(t) d/|mu|^4 for a unit of the clock.

    The clock is the logarithm of the tangent; the step turns it by log(1 + 2 rise).
    """
    return max(int(gamma * fresh_price(t) * np.log1p(2 * rise) * d / length**4), 2)


def fresh_scatter(gamma: float, rise: float) -> float:
    """Squared length, over |theta|^2, of what the noise of one such step adds across mu."""
    return 8 * rise**2 / (gamma * np.log1p(2 * rise))


def fresh_clock(d: int, gamma: float, rise: float) -> int:
    """Steps after which all but one start in two hundred, in d dimensions, have turned to mu."""
    turn = (1 + 2 * rise) ** 2 / (1 + fresh_scatter(gamma, rise))
    return int(np.ceil((np.log(d) + 10) / np.log(turn)))


def fresh_overlap(gamma, rise: float):
    """The squared cosine at which the steps settle: 1 - scatter / ((1 + 2 rise)^2 - 1), or zero."""
    return np.maximum(1 - fresh_scatter(gamma, rise) / ((1 + 2 * rise) ** 2 - 1), 0)


def directions(rng, runs: int, d: int):
    """Uniform random directions, (runs, 2): along mu, and the length across it."""
    v = check.generator(rng).standard_normal((runs, d))
    return geometry.rescale(np.column_stack([v[:, 0], geometry.norm(v[:, 1:])]), 1.0)


def on_rows(rng, theta: Float[Array, " d"], mu: Float[Array, " d"], t: float, n: int):
    """The literal gradient at time t on n fresh points, a block of rows at a time."""
    rng, total = check.generator(rng), 0.0
    for block in mixture.blocks(n, theta.size):
        rows = block.stop - block.start
        x, z = mixture.diffuse(rng, mixture.sample(rng, rows, mixture.pair(mu)), t)
        total += rows * objective.literal_gradient(theta, x, z, t)
    return total / n
