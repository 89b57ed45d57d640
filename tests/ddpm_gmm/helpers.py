"""What the test modules share: exact references, finite differences, z-scores, and inputs.

Tolerances in these tests are derived from EPS (rounding), from the truncation error of a finite
difference, or from a standard error; the comment beside each says which.
"""

import importlib
import inspect
import math
import pkgutil
from functools import lru_cache

import mpmath as mp
import numpy as np
from flint import arb, ctx
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-53  # unit roundoff of float64
Z = 5.0  # a true identity exceeds |z| = 5 on 64 batches with probability 5e-6 per coordinate
FD = 1e-7  # what the project asks of gradients against finite differences (see finite_difference)
DIGITS = 50


# -- inputs ---------------------------------------------------------------------------------------


def reals(low, high):
    """A strategy of floats, zero included; not those whose squares underflow."""
    return st.floats(low, high).map(lambda v: v if abs(v) > 1e-100 else 0.0)


def arrays(*shape, bound=2.0):
    """A strategy of float64 arrays, entries in [-bound, bound], zeros and ties included."""
    return hnp.arrays(np.float64, shape, elements=reals(-bound, bound))


@st.composite
def samples(draw, *, pair=None):
    """(theta, x, z, mu): student (d,) or (K, d), points and noise (n, d), true centres (M, d)."""
    d, n = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    is_pair = draw(st.booleans()) if pair is None else pair
    theta = draw(arrays(d) if is_pair else arrays(draw(st.integers(1, 3)), d))
    return theta, draw(arrays(n, d)), draw(arrays(n, d)), draw(arrays(draw(st.integers(1, 3)), d))


@st.composite
def two_vectors(draw, bound=2.0):
    """(theta, mu) of the same dimension, 1 to 4."""
    d = draw(st.integers(1, 4))
    return draw(arrays(d, bound=bound)), draw(arrays(d, bound=bound))


def rotation(d, seed=0):
    """An orthogonal matrix drawn at random."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


def at_angle(rng, d, theta_size, mu_size, phi):
    """Vectors of the given lengths at the angle phi, in a random plane of R^d (or on a line)."""
    if d == 1:
        return np.array([theta_size * math.copysign(1.0, math.cos(phi))]), np.array([mu_size])
    e, f = np.linalg.qr(rng.standard_normal((d, 2)))[0].T
    return theta_size * (math.cos(phi) * e + math.sin(phi) * f), mu_size * e


# -- the package, by inspection -------------------------------------------------------------------


def rooms():
    """Every module of ddpm_gmm but certify's, by its full name, with the functions it defines."""
    import ddpm_gmm

    names = [m.name for m in pkgutil.walk_packages(ddpm_gmm.__path__, "ddpm_gmm.")]
    modules = [importlib.import_module(n) for n in names if not n.startswith("ddpm_gmm.certify")]
    return {
        m.__name__: {
            name: f
            for name, f in inspect.getmembers(m, inspect.isfunction)
            if f.__module__ == m.__name__ and not name.startswith("_")
        }
        for m in modules
    }


def public_functions():
    """The functions that a notebook may call: all but those of ``check``."""
    found = rooms()
    return {f for name, own in found.items() if name != "ddpm_gmm.check" for f in own.values()}


def fresh(arguments):
    """The same arguments, with a generator in its first state where there is one."""
    return arguments | ({"rng": np.random.default_rng(0)} if "rng" in arguments else {})


# -- slow twins -----------------------------------------------------------------------------------


def centres(theta):
    """The centres a parameter stands for: {theta, -theta} for a vector."""
    return np.array([theta, -theta]) if theta.ndim == 1 else theta


def slow_weights(x, means):
    """Posterior weights of one point x, from the densities by Bayes' rule."""
    density = [math.exp(-sum((a - b) ** 2 for a, b in zip(x, m, strict=True)) / 2) for m in means]
    return [p / sum(density) for p in density]


def slow_score(x, means):
    """The score of the mixture at one point x, centre by centre."""
    weights = slow_weights(x, means)
    return sum(w * (m - x) for w, m in zip(weights, means, strict=True))


def finite_difference(f, x, h=2.0**-11):
    """Derivative of f (values of any shape) in each entry of x, by the four-point formula.

    Error: truncation h^4/30 |f^(5)| plus rounding 1.5 EPS |f|/h; with h = 2^-11 these are
    2e-15 |f^(5)| and 4e-13 |f|.
    """

    def along(index):
        step = np.zeros_like(x)
        step[index] = h
        near, far = f(x + step) - f(x - step), f(x + 2 * step) - f(x - 2 * step)
        return (8 * near - far) / (12 * h)

    out = np.array([along(index) for index in np.ndindex(x.shape)])
    return out.reshape(*x.shape, *out.shape[1:])


# -- statistics -----------------------------------------------------------------------------------


def z_scores(batches):
    """Mean over standard error, coordinate by coordinate; the first axis runs over batches."""
    batches = np.asarray(batches)
    return batches.mean(axis=0) / (batches.std(axis=0, ddof=1) / math.sqrt(len(batches)))


def largest_z(batches):
    return np.abs(z_scores(batches)).max()


# -- 50 digits ------------------------------------------------------------------------------------


def exact_dot(x, y):
    """x . y of float vectors to some 60 digits.

    Dekker's product splits each x_i y_i into high + low without error; fsum rounds the exact sum of
    all the pieces once, and what it rounded off is summed again, four times over.
    """

    def split(v):
        big = 134217729.0 * v  # 2^27 + 1
        high = big - (big - v)
        return high, v - high

    (a, b), (c, d), product = split(x), split(y), x * y
    pieces = [*product.tolist(), *(((a * c - product) + a * d + b * c) + b * d).tolist()]
    parts = []
    for _ in range(4):
        parts.append(math.fsum(pieces))
        pieces.append(-parts[-1])
    with mp.workdps(DIGITS + 20):
        return mp.fsum(parts)


def to_ball(x):
    """A float or an mpf as a ball of Arb, to all of the reference's digits."""
    return arb(mp.nstr(x, DIGITS + 20) if isinstance(x, mp.mpf) else x)


def from_ball(ball):
    return mp.mpf(ball.mid().str(DIGITS + 15, radius=False))


@lru_cache(maxsize=8)
def _rule(h):
    """Nodes and weights h phi(g), h phi(g) g, h phi(g) g^2 on [-16, 16] (phi(16) < 1e-55)."""
    h = arb(h)
    g = [h * j for j in range(-int(16 / float(h)), int(16 / float(h)) + 1)]
    w0 = [h / (2 * arb.pi()).sqrt() * (-x * x / 2).exp() for x in g]
    w1 = [w * x for w, x in zip(w0, g, strict=True)]
    return g, list(zip(w0, w1, (w * x for w, x in zip(w1, g, strict=True)), strict=True))


def gaussian_means(m, r, refine=1):
    """E[f(u) g^p], u = m + r g, for f = tanh, tanh', tanh tanh' (rows) and p = 0, 1, 2, by Arb.

    The trapezoidal rule: f is analytic for |Im g| < pi/(2r), so in the strip |Im g| <= a, with
    a = 0.9 pi/(2r), its error is M e^{a^2/2 - 2 pi a/h} with M < 1e6; h makes that 1e-54.
    ``refine`` divides h, to test just that.
    """
    with ctx.workdps(DIGITS + 20):
        a = min(16.0, 0.9 * math.pi / (2 * float(r)))
        h = 2 * math.pi * a / (a**2 / 2 + 60 * math.log(10)) / refine
        m, r = to_ball(m), to_ball(r)
        sums = [[arb(0)] * 3 for _ in range(3)]
        for x, weights in zip(*_rule(float(f"{h:.2e}")), strict=True):
            t = (m + r * x).tanh()
            c = 1 - t * t
            for row, value in zip(sums, (t, c, t * c), strict=True):
                for p, w in enumerate(weights):
                    row[p] += w * value
        return [[from_ball(total) for total in row] for row in sums]


def reference(m, r, refine=1):
    """The pair's population objective at 50 digits, from its formulas before Stein's lemma.

    With E[f(u) x] = mu E[f(u)] + (theta/r) E[f(u) g], returns the loss
    r^2 (1 + E tanh' u)/2 - E[u tanh u] and the coefficients (of mu, of theta) of
    em = E[tanh(u) x] and G = -theta E[tanh' u] - (r^2/2) E[tanh''(u) x] + E[u tanh'(u) x].
    """
    t, c, tc = gaussian_means(m, r, refine)
    with mp.workdps(DIGITS + 20):
        loss = r**2 * (1 + c[0]) / 2 - (m * t[0] + r * t[1])
        em = t[0], t[1] / r
        G = (  # tanh'' = -2 tanh tanh', u = m + r g
            r**2 * tc[0] + m * c[0] + r * c[1],
            -c[0] + (r**2 * tc[1] + m * c[1] + r * c[2]) / r,
        )
        return loss, em, G


def reference_gradient(theta, mu, refine=1):
    """Coefficients (of mu, of theta) of grad(L/2) for float vectors, inner products exact."""
    with mp.workdps(DIGITS + 20):
        _, em, G = reference(exact_dot(theta, mu), mp.sqrt(exact_dot(theta, theta)), refine)
        return -em[0] - G[0], 1 - em[1] - G[1]


def mp_jacobian(f, theta):
    """Jacobian of f, lists of mpf to lists of mpf: central differences, error h^2 f''' ~ 1e-30."""
    with mp.workdps(DIGITS + 20):
        h, rows = mp.mpf(10) ** -15, []
        for i in range(len(theta)):
            up, down = (
                [mp.mpf(v) + s * h * (i == j) for j, v in enumerate(theta)] for s in (1, -1)
            )
            rows.append([(a - b) / (2 * h) for a, b in zip(f(up), f(down), strict=True)])
        return np.array(rows, dtype=float).T


def tanh_derivative_bound(k):
    """sup |tanh^(k)| <= k! sum over the poles |p|^-(k+1) = 2 k! (2/pi)^(k+1) sum_j (2j-1)^-(k+1).

    From tanh u = sum over p = +-i pi (2j-1)/2 of 1/(u - p); the last sum is at most pi^2/8, k >= 1.
    """
    return 2 * math.factorial(k) * (2 / math.pi) ** (k + 1) * math.pi**2 / 8
