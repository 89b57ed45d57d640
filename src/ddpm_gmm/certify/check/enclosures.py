"""The checker's own enclosures of T_k = E tanh^{(k)}(m + sqrt(q) g), g ~ N(0, 1), at a point.

They rest on the Fourier transform

    tanh'(u) = (1/2) int xi / sinh(pi xi/2) e^{i xi u} d xi,

so that T_k is int_0^inf xi^k / sinh(pi xi/2) e^{-q xi^2/2} Re(i^{k-1} e^{i xi m}) d xi. It is
summed on equidistant xi, and Poisson's formula says what that leaves out. The same integral on the
line Im xi = kappa bounds T_k over a range. The prover's enclosures are not used: sums over the
Gaussian there, over the frequencies here. Derived in notebooks/explicit-constants.
"""

from functools import cache, wraps
from math import comb, factorial, log, pi
from operator import mul

from flint import acb, arb, ctx

SMALL = 1e-14  # aim of the sums, not an assumption
MOST = 5000  # frequencies


def at_precision(f):
    """A cache of what f returns, apart for every precision at which Arb computes."""
    kept = cache(lambda bits, *args: f(*args))
    return wraps(f)(lambda *args: kept(ctx.prec, *args))


@cache
def derivative(k: int) -> tuple[int, ...]:
    """Coefficients of R_k, k >= 1, in tanh^{(k)} = sech^2 R_k(tanh); R_k(0) = tanh^{(k)}(0).

    R_1 = 1, R_{k+1} = (1 - t^2) R_k' - 2t R_k. |tanh^{(k)}| <= sech^2 sum |R_k|.
    """
    if k == 1:
        return (1,)
    R = derivative(k - 1)
    out = [0] * (len(R) + 1)
    for i, c in enumerate(R):
        out[i + 1] -= (i + 2) * c
        if i:
            out[i - 1] += i * c
    return tuple(out)


@at_precision
def largest(k: int):
    """A bound on |tanh^{(k)}(u)|, real u: 2 k! (1 - 2^{-k-1}) zeta(k+1) (2/pi)^{k+1}; 1 for k = 0.

    It is int_0^inf xi^k / sinh(pi xi/2) d xi, and |tanh^{(k)}(0)| for odd k.
    """
    if k == 0:
        return arb(1)
    scale = 2 * factorial(k) * (1 - arb(2) ** (-k - 1)) * (2 / arb.pi()) ** (k + 1)
    return (scale * arb(k + 1).zeta()).upper()


def damped(highest: int, m, q) -> list:
    """Bounds on |T_0|, ..., |T_highest| for every m and every q >= 0 of two balls.

    On the line Im xi = kappa, 0 <= kappa < 2, |xi / sinh(pi xi/2)| <= kappa / sin(pi kappa/2)
    (2/pi for kappa = 0), because |sinh(a + ib)|^2 = sinh^2 a + sin^2 b. So for m >= 0, k >= 1

        |T_k| <= (1/2) kappa / sin(pi kappa/2) e^{kappa^2 q/2 - kappa m}
                 sqrt(2 pi/q) E(kappa^2 + z^2)^{(k-1)/2},   z ~ N(0, 1/q),

    an even moment for odd k, at most the geometric mean of its neighbours for even k. Without a
    lower limit of q: 4 c e^{kappa^2 q/2 - kappa m}, 0 <= kappa <= 2, see :func:`expectations`.
    """
    best, low = [largest(k) for k in range(highest + 1)], q.lower()
    away, high = m.abs_lower(), q.upper()
    kappa = min(arb(2), (away / high).mid()) if high > 0 else arb(2)
    decay = 4 * (kappa**2 * high / 2 - kappa * away).exp()
    for k in range(1, highest + 1):
        best[k] = min(best[k], (sum(map(abs, derivative(k))) * decay).upper())
    if not low > 0:
        return best
    wide = 1 / (2 * low)
    even = [factorial(2 * i) // factorial(i) * wide**i for i in range(highest // 2 + 1)]  # E z^{2i}
    tilt = min(float((away / high).mid()), 1.8)
    for kappa in map(arb, (0, tilt / 2, tilt) if tilt > 0 else (0,)):
        line = kappa / (arb.pi() * kappa / 2).sin() if kappa > 0 else 2 / arb.pi()
        decay = (kappa**2 * high / 2 - kappa * away).exp()
        scale = line / 2 * decay * (2 * arb.pi() / low).sqrt()
        square = [kappa ** (2 * i) for i in range(len(even))]
        moment = [
            sum(comb(n, i) * square[n - i] * even[i] for i in range(n + 1))
            for n in range(len(even))
        ]
        for k in range(1, highest + 1):
            n = (k - 1) // 2
            size = moment[n] if k % 2 else (moment[n] * moment[n + 1]).sqrt()
            best[k] = min(best[k], (scale * size).upper())
    return best


@at_precision
def _ladder(rung: int):
    return (arb(5) / 4) ** rung


@at_precision
def _frequency(rung: int, j: int):
    """(xi_j, xi_j^2/2, [h xi_j^k / sinh(pi xi_j/2) for k = 0, 1, ...]), xi_j = j h, j >= 1."""
    h = 2 * arb.pi() / _ladder(rung)
    xi = j * h
    row = [h / (arb.pi() * xi / 2).sinh()]
    for _ in range(20):
        row.append(row[-1] * xi)
    return xi, xi**2 / 2, row


@at_precision
def _weights(rung: int, number: int):
    """The same for the first ``number`` frequencies: [xi], [xi^2/2], [weights] for every k."""
    xi, half, rows = zip(*(_frequency(rung, j) for j in range(1, number + 1)), strict=True)
    return xi, half, list(zip(*rows, strict=True))


def expectations(m, q, highest: int) -> list:
    """T_0, ..., T_highest as balls; m and q thin balls, q >= 0; highest <= 20.

    With frequencies j h, L = 2 pi/h, Poisson's formula says that the sum over all of them is
    sum_n T_k(m + n L), k >= 1. As |tanh^{(k)} u| <= c sech^2 u <= 4 c e^{-kappa |u|} for kappa in
    [0, 2], what is not T_k is at most

        8 c e^{kappa^2 q/2 - kappa (L - |m|)} / (1 - e^{-kappa L}).

    For k = 0 the sum vanishes at m = 0 and its derivative is the sum for k = 1, so that the error
    is at most |m| times that one's. Beyond X the terms h xi^k / sinh(pi xi/2) e^{-q xi^2/2} fall at
    the rate e^{-lambda xi}, lambda = pi/2 + q X - k/X, and their sum is at most 2 X^k e^{-pi X/2 -
    q X^2/2} / ((1 - e^{-pi X}) lambda).
    """
    away, high, low = m.abs_upper(), max(q.upper(), arb(0)), max(q.lower(), arb(0))
    reach = float(away) + 24 + 9 * float(high) ** 0.5
    rung = int(log(reach) / log(1.25)) + 1
    L = _ladder(rung)
    end, flat = 1.0625, float(low)
    while end * (pi / 2 + flat * end / 2) < highest * log(end) - log(SMALL):
        end *= 1.0625
    step = 2 * pi / 1.25**rung
    number = int(end / step) + 1
    if number > MOST:
        return [arb("nan")] * (highest + 1)
    xi, half, weights = _weights(rung, number)
    waves = [acb(-q * b, m * a).exp() for a, b in zip(xi, half, strict=True)]
    real, imag = [z.real for z in waves], [z.imag for z in waves]
    parts = imag, real, [-x for x in imag], [-x for x in real]

    X = xi[-1]
    fall = arb.pi() / 2 + low * X - highest / X
    if not (X > 1 and fall > 0):
        return [arb("nan")] * (highest + 1)
    beyond = 2 * X**highest * (-X * (arb.pi() + low * X) / 2).exp()
    beyond = beyond / ((1 - (-arb.pi() * X).exp()) * fall)
    kappa = min(arb(2), ((L - away) / high).mid()) if high > 0 else arb(2)
    alias = 8 * (kappa**2 * high / 2 - kappa * (L - away)).exp() / (1 - (-kappa * L).exp())
    first = 2 / L  # h times half the limit 2/pi of the weight at xi = 0
    out = []
    for k in range(highest + 1):
        total = sum(map(mul, weights[k], parts[k % 4]), first * (m, 1)[k] if k < 2 else arb(0))
        error = beyond + alias * (sum(map(abs, derivative(k))) if k else away)
        out.append(total + arb(0, error.upper()))
    return out
