"""Rigorous enclosures of the pair's one-dimensional expectations, by ball arithmetic.

A ball [c +- r] is a number known up to an error r; Arb (python-flint) computes with balls so that
the result always holds the true value, rounding included. Here the numbers of
:mod:`ddpm_gmm.pair.population`,

    T_k(m, q) = E tanh^{(k)}(m + sqrt(q) g),   g ~ N(0, 1),   q = r^2,

are enclosed for whole balls of m and q at once. Three bounds do the work, all from the Fourier
transform tanh^{(k)}(u) = int xi^k (...) / sinh(pi xi / 2) e^{i xi u} d xi, whose modulus is summed
in closed form. Derived in notebooks/explicit-constants.
"""

from fractions import Fraction
from functools import cache, wraps
from math import comb, factorial, inf, nextafter

from flint import arb, ctx

CUT = 8  # the trapezoidal sum runs over |g| <= CUT; the rest is bounded


def at_precision(f):
    """A cache of what f returns, apart for every precision: a ball made with 20 bits stays wide."""
    kept = cache(lambda bits, *args: f(*args))
    return wraps(f)(lambda *args: kept(ctx.prec, *args))


def ball(low, high):
    """The ball that holds the interval [low, high]."""
    return arb(low).union(arb(high))


def above(x) -> float:
    """A float that no point of the ball x exceeds."""
    return nextafter(float(arb(x).upper()), inf)


@cache
def derivative(k: int) -> tuple[int, ...]:
    """Coefficients c_i of tanh^{(k)} = sum_i c_i tanh^i, exact integers."""
    if k == 0:
        return (0, 1)
    c = derivative(k - 1)
    out = [0] * (len(c) + 1)
    for i, x in enumerate(c[1:], 1):  # d/du s^i = i s^{i-1} (1 - s^2)
        out[i - 1] += i * x
        out[i + 1] -= i * x
    return tuple(out)


@at_precision
def steepest(k: int, height: Fraction = Fraction(0)):
    """A bound on |tanh^{(k)}(x + iy)| over real x and |y| <= ``height`` pi < pi/2.

    k! sum_{n odd} [(n pi/2 - y)^{-k-1} + (n pi/2 + y)^{-k-1}] = k! pi^{-k-1} [zeta(k+1, 1/2 -
    height) + zeta(k+1, 1/2 + height)], zeta being Hurwitz's; for k = 0, max(1, tan y).

    At height 0 and odd k it is attained, at u = 0.
    """
    if k == 0:
        return max(arb(1), (arb.pi() * arb(height.numerator) / height.denominator).tan().upper())
    lo, hi = Fraction(1, 2) - height, Fraction(1, 2) + height
    zeta = [arb(k + 1).zeta(arb(x.numerator) / x.denominator) for x in (lo, hi)]
    return (factorial(k) * sum(zeta) / arb.pi() ** (k + 1)).upper()


@at_precision
def _over_sech2(k: int):
    """A bound on |tanh^{(k)}| / sech^2 for k >= 1: the largest Bernstein coefficient in tanh^2.

    The quotient is s^e p(s^2) with e = 0 or 1, s = tanh, and |p| on [0, 1] is at most its largest
    Bernstein coefficient.
    """
    rest, p = list(derivative(k)), []
    for i in range(len(rest) - 2):  # divide by 1 - s^2, from the constant term up
        p.append(rest[i])
        rest[i + 2] += rest[i]
    p = p[(k - 1) % 2 :: 2]  # the other powers of s do not occur
    n = len(p) - 1
    bernstein = [
        sum(Fraction(comb(j, i), comb(n, i)) * p[i] for i in range(j + 1)) for j in range(n + 1)
    ]
    most = max(abs(b) for b in bernstein)
    return arb(most.numerator) / most.denominator


def at_most(k: int, m, q):
    """A bound on |T_k(m', q')| for every m' in the ball m and q' in the ball q.

    The least of: :func:`steepest`; (Gamma(k/2)/pi) (2/q)^{k/2}, because a Gaussian average damps
    the Fourier transform by e^{-q xi^2/2}; and 4 c e^{-kappa |m| + kappa^2 q/2} for kappa in [0,
    2], because sech^2 u <= 4 e^{-kappa u}; the best kappa is |m|/q. The last two need k >= 1.
    """
    bounds = [steepest(k)]
    if k >= 1:
        low, high, away = q.lower(), q.upper(), m.abs_lower()
        if low > 0:
            bounds.append((arb(k) / 2).gamma() / arb.pi() * (2 / low) ** (arb(k) / 2))
        if high > 0:
            kappa = min(arb(2), (away / high).mid())
            bounds.append(4 * _over_sech2(k) * (kappa**2 * high / 2 - kappa * away).exp())
    return min(b.upper() for b in bounds)


@at_precision
def _rule(rung: int, highest: int):
    """Nodes and weights for every r <= 2^{rung/2}, and bounds on what the rule leaves out.

    In the strip |Im g| <= a the integrand f(m + r g) phi(g) is analytic, and its integrals along
    the edges are at most e^{a^2/2} sup|f|, so the trapezoidal sum with step h errs by at most
    2 e^{a^2/2} sup|f| / (e^{2 pi a/h} - 1) (Trefethen & Weideman 2014). The sum beyond CUT is at
    most sup|f| times twice the Gaussian tail from CUT - h on.
    """
    height = Fraction(3, 8)
    r = arb(2) ** (arb(rung) / 2)
    digits = 48 + 2.5 * highest  # -log of the error aimed at; what counts is the bound below
    a = min(
        (height.numerator * arb.pi() / height.denominator / r).lower(), arb(2 * digits).sqrt().mid()
    )
    h = (2 * arb.pi() * a / (a**2 / 2 + digits)).mid()
    half = int(float((CUT / h).upper())) + 1
    g = [h * j for j in range(-half, half + 1)]
    w = [h * (-x * x / 2).exp() / (2 * arb.pi()).sqrt() for x in g]
    edge = 2 * (a**2 / 2).exp() / ((2 * arb.pi() * a / h).exp() - 1)
    tail = ((CUT - h) / arb(2).sqrt()).erfc()
    errors = [(edge * steepest(k, height) + tail * steepest(k)).upper() for k in range(highest + 1)]
    return g, w, errors


def at(m, q, highest: int) -> list:
    """T_0, ..., T_highest at one point (m, q): thin balls, q >= 0.

    The trapezoidal rule, with its bound added to the radius.
    """
    r = q.sqrt() if q > 0 else arb(0)
    rung = -8
    while arb(2) ** rung < q.upper():
        rung += 1
    g, w, errors = _rule(rung, highest)
    sums = [arb(0)] * (highest + 2)
    for x, term in zip(g, w, strict=True):
        s = (m + r * x).tanh()
        for i in range(highest + 2):
            sums[i] += term
            term *= s
    return [
        sum((c * sums[i] for i, c in enumerate(derivative(k)) if c), arb(0)) + arb(0, error)
        for k, error in enumerate(errors)
    ]


def over(T: list, m, q, dm, dq, highest: int) -> list:
    """T_0, ..., T_highest over the balls m and q, from their values ``T`` at a point of them.

    Taylor's formula of third order in (dm, dq), the distances from that point:
    dT_k = T_{k+1} dm + T_{k+2} dq/2. What ``T`` does not hold is bounded by :func:`at_most`.
    """
    order = 3
    bounds = [at_most(k, m, q) for k in range(highest + 2 * order + 1)]
    size = [t.abs_upper() for t in T] + bounds[len(T) :]
    dm, half = dm.abs_upper(), dq.abs_upper() / 2
    powers = [
        [comb(j, i) * dm ** (j - i) * half**i / factorial(j) for i in range(j + 1)]
        for j in range(order + 1)
    ]
    out = []
    for k in range(highest + 1):
        radius = arb(0)
        for j in range(1, order + 1):
            known = size if j < order else bounds
            for i, p in enumerate(powers[j]):
                radius += p * known[k + j + i]
        radius = radius.upper()
        crude = bounds[k]
        out.append(T[k] + arb(0, radius) if radius < crude else arb(0, crude))
    return out


@at_precision
def _sech2(h: Fraction, half: int) -> list:
    """sech^2 at 0, h, 2h, ..., half * h."""
    step = arb(h.numerator) / h.denominator
    return [(step * j).sech() ** 2 for j in range(half + 1)]


def tilted(eta, beta, highest: int) -> list:
    """I_j = int u^j e^{eta u - beta u^2} sech^2 u du, j = 0, ..., highest; thin balls, beta > 0.

    With eta = m/q and beta = 1/(2q) these are the moments of sech^2 under N(m, q):
    E[u^j sech^2 u] = sqrt(beta/pi) e^{-m^2/(2q)} I_j. The trapezoidal rule again. In the strip
    |Im u| <= y the integrand is at most (|x| + y)^j e^{eta x - beta x^2 + beta y^2} sech^2 x /
    cos^2 y. With d = 2 - |eta| and any e > 0, e^{|eta| x - beta x^2} sech^2 x <= 4 k e^{-e x} for
    x > 0, k = e^{max(e - d, 0)^2/(4 beta)}. So the two edges add at most 16 k e^{beta y^2 + e y}
    j!/(e^{j+1} cos^2 y), over e^{2 pi y/h} - 1, and what lies beyond |u| = U adds at most 8 k
    Gamma(j + 1, e (U - h))/e^{j+1}, as long as e (U - h) >= j.
    """
    if not (beta > 0 and eta.is_finite()):
        return [arb.nan()] * (highest + 1)
    d = 2 - eta.abs_upper()
    e = (max(d, arb(0)) + 4 * beta.sqrt()).mid()
    k = (max(arb(0), (e - d).upper()) ** 2 / (4 * beta)).exp()
    digits = 32 + 2 * highest  # -log of the error aimed at; what counts are the bounds below
    y = min(arb.pi() * 3 / 8, (digits / beta).sqrt()).lower()
    fine = 2 * arb.pi() * y / (digits + beta * y**2)
    h = Fraction(1, 1)
    while arb(h.numerator) / h.denominator > fine:
        h = h * 4 / 5 if h.denominator % 2 else h * Fraction(5, 8)
    step = arb(h.numerator) / h.denominator
    half = int(float(((digits + 8) / e / step).upper())) + 2
    sums = [arb(0)] * (highest + 1)
    for j, sech2 in enumerate(_sech2(h, half)):
        u = step * j
        even = sech2 * (-beta * u**2).exp() * step
        up, down = (eta * u).exp(), (-eta * u).exp()
        parts = even * (up + down), even * (up - down)
        if j == 0:
            parts = even, arb(0)
        power = arb(1)
        for i in range(highest + 1):
            sums[i] += power * parts[i % 2]
            power *= u
    edge = (
        16 * k * (beta * y**2 + e * y).exp() / y.cos() ** 2 / ((2 * arb.pi() * y / step).exp() - 1)
    )
    beyond = e * (half * step - step)
    if not beyond >= highest:
        raise ArithmeticError("the sum is cut too early for its tail to be bounded")
    return [
        s
        + arb(0, ((edge * factorial(j) + 8 * k * beyond.gamma_upper(j + 1)) / e ** (j + 1)).upper())
        for j, s in enumerate(sums)
    ]
