"""Power iteration on noised copies of a sample: which matrix either form iterates, and its price.

At a small norm a gradient step multiplies theta by I + 2 eta (A - I) for the implicit form, with A
the mean of x x', and by I + 2 eta A for the literal form, with A the mean of (v x' + x v')/2 and v
its target. Each of n clean points is noised ``draws`` times (1, M or math.inf, the noise averaged
out), and A is the mean over all of them. All is derived in notebooks/lemma-08.
"""

import math

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check, mixture

Array = np.ndarray
FORMS = "implicit", "literal"


def _form(form: str) -> bool:
    """Whether the form is the literal one."""
    if form not in FORMS:
        raise ValueError(f"form: got {form!r}, must be one of {', '.join(FORMS)}")
    return form == "literal"


def _draws(draws) -> int | float:
    return math.inf if draws == math.inf else check.count("draws", draws)


def price(form: str, t, draws=1) -> float:
    """By how much noise multiplies the sample that sees the centre: 1 + (q - 1)/M.

    An entry of A off the diagonal and across mu has variance e^{-4t}/n times this. With
    q = e^{4t} for the implicit form and q = e^{4t} / (2 (e^{2t} - 1)) for the literal one. A weak
    centre is seen for n |mu_0|^4 / d > this, to leading order in |mu_0|^2 and d/n.

    Parameters
    ----------
    form : str, "implicit" or "literal"
    t : float, > 0, at most 20
    draws : int M >= 1, noise draws per point, or math.inf

    Returns
    -------
    float
    """
    t, draws = check.reversible("t", t), _draws(draws)
    one = math.exp(4 * t) / (2 * math.expm1(2 * t) if _form(form) else 1.0)
    return 1 + (one - 1) / draws


def parts(form: str, t, draws=1) -> Float[Array, "k 3"]:
    """A as a sum of independent second-moment matrices: their (weight, mean, rows).

    A has the law of sum_k weight_k (1/n) sum of u u' over rows_k n rows u ~ N(s mean_k mu_t, I),
    with the sign s of a point the same in all k, up to a multiple of I where draws are infinite.

    Parameters
    ----------
    form, t, draws
        As in :func:`price`.

    Returns
    -------
    array (k, 3), k from 1 to 3
    """
    t, draws, literal = check.reversible("t", t), _draws(draws), _form(form)
    keep, sigma2 = math.exp(-2 * t), mixture.noise_scale(t) ** 2  # e^{-2t} and 1 - e^{-2t}
    if draws == math.inf:
        return np.array([[keep, math.exp(t), 1.0]])
    x = keep + sigma2 / draws  # the variance of a point's mean copy
    if not literal:
        out, rest = [[x, x**-0.5, 1.0]], sigma2 / draws
    else:
        v, both = keep + keep**2 / (sigma2 * draws), keep * (1 - 1 / draws)
        root = np.linalg.cholesky([[x, both], [both, v]])
        weights, turn = np.linalg.eigh(root.T @ [[0.0, 0.5], [0.5, 0.0]] @ root)
        means = turn.T @ np.linalg.solve(root, np.ones(2))
        out, rest = [[w, m, 1.0] for w, m in zip(weights, means, strict=True)], -keep / draws
    return np.array(out + ([[rest, 0.0, draws - 1.0]] if draws > 1 else []))


def overlap(form: str, t, draws, signal, ratio) -> float:
    """Squared cosine between mu and the top eigenvector of A, in the limit of n, d -> infinity.

    With K_k = w_k / (1 - g y w_k), weights w_k, means m_k and N_k n rows from :func:`parts`: y > 0
    solves l y sum m_k^2 K_k = 1, and
    cos^2 = (1/y^2 - g sum N_k K_k^2) / (1/y^2 + l g sum m_k^2 K_k^2) where that is positive, else
    0. One copy of the implicit form gives :func:`ddpm_gmm.learn.power.spiked_overlap`.

    Parameters
    ----------
    form, t, draws
        As in :func:`price`.
    signal : float, |mu_0|^2 > 0
    ratio : float, g = d/n > 0

    Returns
    -------
    float
    """
    weight, mean, rows = parts(form, t, draws).T
    l = check.number("signal", signal, above=0) * math.exp(-2 * t)  # noqa: E741 (the book's)
    g = check.number("ratio", ratio, above=0)
    low, high = 0.0, 1 / (g * weight.max())  # l y h(y) grows from 0 to infinity between them
    while low < (y := (low + high) / 2) < high:
        if l * y * np.sum(mean**2 * weight / (1 - g * y * weight)) < 1:
            low = y
        else:
            high = y
    K = weight / (1 - g * high * weight)
    seen = 1 / high**2 - g * np.sum(rows * K**2)
    return max(0.0, float(seen / (1 / high**2 + l * g * np.sum(mean**2 * K**2))))


def second_moments(rng: np.random.Generator, rows: int, d: int) -> Float[Array, "d d"]:
    """The sum of u u' over so many rows u ~ N(0, I_d), at the price of d^2 numbers at most.

    Bartlett: L L' with L lower triangular, L_ij ~ N(0, 1) below the diagonal and L_ii^2 ~ chi^2
    with rows - i degrees of freedom, i from 0. Fewer rows than dimensions are drawn as rows.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows, d : int, >= 1
    """
    rng = check.generator(rng)
    rows, d = check.count("rows", rows), check.count("d", d)
    if rows < d:
        L = rng.standard_normal((d, rows))
    else:
        L = np.tril(rng.standard_normal((d, d)), -1)
        np.fill_diagonal(L, np.sqrt(rng.chisquare(rows - np.arange(d))))
    return L @ L.T


def draw(
    rng: np.random.Generator, form: str, t, draws, signal, d: int, n: int
) -> Float[Array, "d d"]:
    """The matrix A from its own law, mu along the first axis: exact, for any number of rows.

    A spiked part is (1/n) [(sqrt(n) m mu_t + z)(sqrt(n) m mu_t + z)' + W] with z ~ N(0, I) and W
    of n - 1 rows (:func:`second_moments`): rotate the n rows so that the signs are one of them.

    Parameters
    ----------
    rng : numpy.random.Generator
    form, t, draws
        As in :func:`price`.
    signal : float, |mu_0|^2 >= 0
    d, n : int, n >= 2

    Returns
    -------
    array (d, d)
    """
    rng = check.generator(rng)
    d, n, t = check.count("d", d), check.count("n", n, least=2), check.reversible("t", t)
    length = math.sqrt(n * check.number("signal", signal, least=0)) * math.exp(-t)
    total = np.zeros((d, d))
    for weight, mean, rows in parts(form, t, draws):
        if mean:
            first = rng.standard_normal(d)
            first[0] += mean * length
            part = np.outer(first, first) + second_moments(rng, n - 1, d)
        else:
            part = second_moments(rng, round(rows) * n, d)
        total += weight / n * part
    return total
