"""Population quantities of K centres: expectations under q by randomised quasi-Monte-Carlo.

E_q f = (1/K) sum_i E f(mu_i + z) with z ~ N(0, I): K smooth integrals, for which scrambled Sobol
points converge faster than n^(-1/2) in few dimensions, and no slower in many (scipy.stats.qmc).
Every function returns one unbiased estimate for each of several independent scramblings: the mean
over the first axis is the value, and the spread gives its standard error. Derived in
notebooks/lemma-12.
"""

import numpy as np
from jaxtyping import Float
from scipy.linalg import orth
from scipy.special import ndtri
from scipy.stats import qmc

from ddpm_gmm import check, mixture, objective

Array = np.ndarray


def points(rng: np.random.Generator, m: int, means: Float[Array, "K d"]) -> Float[Array, "n d"]:
    """One scrambling: 2^m points mu_i + z for each component, z the Gaussian image of Sobol points.

    Each component has a block of 2^m of the sequence to itself: such a block is a net as good as
    the first, and the errors of the components are not tied to each other.

    Parameters
    ----------
    rng : numpy.random.Generator
    m : int, 0 to 20
    means : array (K, d)

    Returns
    -------
    array (K 2^m, d)
    """
    rng, means = check.generator(rng), check.array("means", means, 2)
    m = check.count("m", m, least=0, most=20)
    K, d = means.shape
    sobol = qmc.Sobol(d, scramble=True, rng=rng).random_base2(m + (K - 1).bit_length())
    # A coordinate has 30 bits, all of them 0 with probability 2^-30: half a bit up avoids -inf.
    z = ndtri(sobol[: K << m] + 2.0**-31)
    return np.repeat(means, 1 << m, axis=0) + z


def expectation(rng: np.random.Generator, f, means: Float[Array, "K d"], m: int, scrambles: int):
    """Estimates of E_q f, one for each scrambling.

    Parameters
    ----------
    rng : numpy.random.Generator
    f : callable, points (n, d) -> the mean of f over them, an array of any shape
    means : array (K, d)
    m : int, 2^m points for each component
    scrambles : int

    Returns
    -------
    array (scrambles, ...)
    """
    rng, scrambles = check.generator(rng), check.count("scrambles", scrambles)
    return np.stack([f(points(rng, m, means)) for _ in range(scrambles)])


def _in_the_span(theta, means):
    """(c, basis, theta, means): an orthonormal basis (s, d) of all the rows, and their coordinates.

    Rows less c, the :func:`ddpm_gmm.mixture.origin` of the true centres. Points enter through inner
    products with centres, and the component of x across the span is independent of them with mean
    zero: expectations of w_i(x) x lie in the span.
    """
    theta, means = check.array("theta", theta, 2), check.array("means", means, 2)
    check.same("theta.shape[1]", theta.shape[1], "means", means.shape[1])
    c, means = mixture._centred(means)
    theta = theta - c
    basis = orth(np.concatenate([theta, means]).T).T
    if not len(basis):  # every centre is the origin
        basis = np.eye(1, theta.shape[1])
    return c, basis, theta @ basis.T, means @ basis.T


def gradient(
    rng: np.random.Generator,
    theta: Float[Array, "K d"],
    means: Float[Array, "M d"],
    m: int,
    scrambles: int,
) -> Float[Array, "scrambles K d"]:
    """Estimates of the population gradient grad(L/2) at theta, one for each scrambling.

    By the explicit form, whose integrand vanishes at theta = means: so does the error there. In
    the span of all centres, of at most K + M dimensions whatever d.

    Parameters
    ----------
    theta : array (K, d), the student's centres
    means : array (M, d), the true centres, at the noise scale of theta
    rng, m, scrambles
        As in :func:`expectation`.
    """
    rng, (_, basis, inner, truth) = check.generator(rng), _in_the_span(theta, means)

    def part(x):
        return objective.explicit_gradient(inner, x, truth)

    return expectation(rng, part, truth, m, scrambles) @ basis


def _about(anchors, c, basis, truth):
    """Where to draw points, in the basis, and how to weigh them: the truth itself, or anchors."""
    if anchors is None:
        return truth, lambda x: None
    anchors = check.array("anchors", anchors, 2)
    check.same("anchors.shape[1]", anchors.shape[1], "means", basis.shape[1])
    about = (anchors - c) @ basis.T

    return about, lambda x: importance(x, truth, about)


def moments(
    rng: np.random.Generator,
    theta: Float[Array, "K d"],
    means: Float[Array, "K d"],
    m: int,
    scrambles: int,
    anchors: Float[Array, "A d"] | None = None,
) -> tuple[Float[Array, "scrambles K"], Float[Array, "scrambles K d"]]:
    """Estimates of E w_i(x) and E[w_i(x) x], w the responsibilities of theta.

    With the truth's own responsibilities w* as control variates, E w*_i = 1/K and
    E[w*_i x] = mu_i/K: again the error vanishes at theta = means. The population EM step is the
    second over the first, the step of gradient EM is E[w_i x] - E[w_i] theta_i.

    Parameters
    ----------
    theta, means : arrays (K, d)
    rng, m, scrambles
        As in :func:`expectation`.
    anchors : array (A, d), optional
        The points are drawn about these, 2^m for each, and weighted by the density of the mixture
        over that of (1/A) sum_j N(a_j, I). With the midpoints of neighbours among them, the borders
        between clusters are seen at any separation. Of the rows only the part in the span of theta
        and means counts.

    Returns
    -------
    mass : array (scrambles, K)
    first : array (scrambles, K, d)
    """
    rng, (c, basis, inner, truth) = check.generator(rng), _in_the_span(theta, means)
    check.same("theta.shape", np.shape(theta), "means", np.shape(means))
    about, weigh = _about(anchors, c, basis, truth)

    def part(x):
        out, weights = 0.0, weigh(x)
        for rows in mixture.blocks(len(x), max(*truth.shape, len(about))):
            w = mixture._posterior(x[rows], inner) - mixture._posterior(x[rows], truth)
            w *= 1 / len(x) if weights is None else weights[rows]
            out = out + np.concatenate([w.sum(axis=1)[:, None], w @ x[rows]], axis=1)
        return out

    found, K = expectation(rng, part, about, m, scrambles), len(truth)
    off = found[..., :1] * c + found[..., 1:] @ basis
    return 1 / K + found[..., 0], np.asarray(means) / K + off


def G(
    rng: np.random.Generator,
    theta: Float[Array, "K d"],
    means: Float[Array, "K d"],
    m: int,
    scrambles: int,
    anchors: Float[Array, "A d"] | None = None,
) -> Float[Array, "scrambles K d"]:
    """Estimates of the population mean of :func:`ddpm_gmm.objective.G` at theta.

    G at the truth, whose mean is zero, is the control variate: the error vanishes at theta = means.
    Arguments as in :func:`moments`; the same generator gives the same points.
    """
    rng, (c, basis, inner, truth) = check.generator(rng), _in_the_span(theta, means)
    check.same("theta.shape", np.shape(theta), "means", np.shape(means))
    about, weigh = _about(anchors, c, basis, truth)

    def part(x):
        weights = weigh(x)
        return objective.G(inner, x, weights) - objective.G(truth, x, weights)

    return expectation(rng, part, about, m, scrambles) @ basis


def importance(
    x: Float[Array, "n d"], means: Float[Array, "K d"], anchors: Float[Array, "A d"]
) -> Float[Array, " n"]:
    """Weights that make points drawn about anchors stand for the mixture of these means.

    q/p over n, with p the density of (1/A) sum_j N(a_j, I), from which x were drawn. Their sum is 1
    up to sampling error; they go wherever ``weights`` do.
    """
    means, anchors = check.array("means", means, 2), check.array("anchors", anchors, 2)
    check.same("anchors.shape[1]", anchors.shape[1], "means", means.shape[1])
    return np.exp(mixture.log_density(x, means) - mixture.log_density(x, anchors)) / len(x)
