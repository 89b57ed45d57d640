"""The verifier's own enclosures of T_k = E tanh^{(k)}(m + sqrt(q) g), g ~ N(0, 1).

They rest on the Fourier transform

    tanh'(u) = (1/2) int xi / sinh(pi xi/2) e^{i xi u} d xi,

so that T_k is int_0^inf xi^k / sinh(pi xi/2) e^{-q xi^2/2} Re(i^{k-1} e^{i xi m}) d xi. At a point
it is summed on equidistant xi, and Poisson's formula says what that leaves out. Over a box Taylor
models are used, that is linear polynomials in the box's coordinates with a bound on the rest, from
the same integral on the line Im xi = kappa. The prover's :mod:`ddpm_gmm.certify.balls` is not used:
sums over the Gaussian there, over the frequencies here; ranges of slopes there, second derivatives
here. Derived in notebooks/explicit-constants.
"""

from functools import cache
from math import comb, factorial, log, pi
from operator import mul

from flint import acb, arb

SMALL = 1e-14  # aim of the sums, not an assumption
MOST = 5000  # frequencies
NODES = 20  # of a Gauss-Legendre panel
RHO = arb(3)  # of the ellipse round a panel: half-axes 5/3 and 4/3 < pi/2


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


@cache
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


@cache
def _ladder(rung: int):
    return (arb(5) / 4) ** rung


@cache
def _frequency(rung: int, j: int):
    """(xi_j, xi_j^2/2, [h xi_j^k / sinh(pi xi_j/2) for k = 0, 1, ...]), xi_j = j h, j >= 1."""
    h = 2 * arb.pi() / _ladder(rung)
    xi = j * h
    row = [h / (arb.pi() * xi / 2).sinh()]
    for _ in range(20):
        row.append(row[-1] * xi)
    return xi, xi**2 / 2, row


@cache
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


class Model:
    """value + sum_i slopes_i e_i + something of size <= rest, for e_i in [-1, 1]."""

    __slots__ = ("rest", "slopes", "value")

    def __init__(self, value, slopes, rest):
        self.value, self.slopes, self.rest = value, slopes, rest

    def __add__(self, other):
        if not isinstance(other, Model):
            return Model(self.value + other, self.slopes, self.rest)
        slopes = [a + b for a, b in zip(self.slopes, other.slopes, strict=True)]
        return Model(self.value + other.value, slopes, self.rest + other.rest)

    def __mul__(self, other):
        if not isinstance(other, Model):
            other = arb(other)
            slopes = [a * other for a in self.slopes]
            return Model(self.value * other, slopes, self.rest * other.abs_upper())
        slopes = [
            self.value * b + a * other.value for a, b in zip(self.slopes, other.slopes, strict=True)
        ]
        a, b = self.linear(), other.linear()
        rest = (
            a * b
            + self.rest * (other.value.abs_upper() + b + other.rest)
            + other.rest * (self.value.abs_upper() + a)
        )
        return Model(self.value * other.value, slopes, rest.upper())

    __radd__, __rmul__ = __add__, __mul__

    def through(self, f, slope, second):
        """f(self), by Taylor's formula: ``second`` is f'' and is evaluated on the whole range."""
        steep = slope(self.value)
        far = self.linear() + self.rest
        rest = steep.abs_upper() * self.rest + second(self.ball()).abs_upper() * far**2 / 2
        return Model(f(self.value), [steep * a for a in self.slopes], rest.upper())

    def exp(self):
        return self.through(arb.exp, arb.exp, arb.exp)

    def sqrt(self):
        return self.through(
            arb.sqrt, lambda v: 1 / (2 * v.sqrt()), lambda v: -1 / (4 * v * v.sqrt())
        )

    def inverse(self):
        return self.through(lambda v: 1 / v, lambda v: -1 / v**2, lambda v: 2 / v**3)

    def linear(self):
        """The largest size of the linear part."""
        return sum((a.abs_upper() for a in self.slopes), arb(0)).upper()

    def ball(self):
        """Every value that the function takes on the box."""
        return self.value + arb(0, (self.linear() + self.rest).upper())


def coordinates(box) -> list[Model]:
    """The coordinates of a box [(low, high), ...] as models."""
    out = []
    for i, (low, high) in enumerate(box):
        slopes = [arb(0)] * len(box)
        slopes[i] = (arb(high) - arb(low)) / 2
        out.append(Model((arb(low) + arb(high)) / 2, slopes, arb(0)))
    return out


def taylor(x: Model, y: Model, value, in_x, in_y, xx, xy, yy) -> Model:
    """f(x, y) from value and slopes in the middle and bounds xx, xy, yy on |second derivatives|."""
    slopes = [in_x * a + in_y * b for a, b in zip(x.slopes, y.slopes, strict=True)]
    M, N = ((v.linear() + v.rest).upper() for v in (x, y))
    second = (xx * M**2 + 2 * xy * M * N + yy * N**2) / 2
    rest = second + in_x.abs_upper() * x.rest + in_y.abs_upper() * y.rest
    return Model(value, slopes, rest.upper())


def form(a: int, k: int, drift: int, T: list, m, q):
    """F(a, k) = a T_k + drift (m T_{k+1} + (q/2) T_{k+2})."""
    return a * T[k] + drift * (m * T[k + 1] + q / 2 * T[k + 2]) if drift else a * T[k]


def _sizes(drift: int, T: list, m: Model, q: Model, near, M):
    """size(a, k), a bound on |F(a, k)| for m in the ball ``near``, at most M from the middle.

    The bounds of :func:`damped`, or one step of Taylor's formula from the middle.
    """
    crude = damped(len(T) + 1, near, q.ball())
    most, N = (near.abs_upper(), q.ball().abs_upper()), (q.linear() + q.rest).upper() / 2

    def size(a, k):
        plain = form(a, k, drift, crude, *most)
        by_m, by_q = (form(a + drift, k + i, drift, crude, *most) for i in (1, 2))
        middle = form(a, k, drift, T, m.value, q.value).abs_upper()
        return min(plain.upper(), (middle + by_m * M + by_q * N).upper())

    return size


def forms(m: Model, q: Model, drift: int, wanted) -> list[Model]:
    """F(a, k) for every pair (a, k) of ``wanted``; T_k itself is F(1, k) with drift 0.

    dT_k = T_{k+1} dm + T_{k+2} dq/2, and the form is closed: dF(a, k) = F(a + drift, k+1) dm +
    F(a + drift, k+2) dq/2.
    """
    T = expectations(m.value, q.value, max(k for _, k in wanted) + 4 + 2 * drift)
    size = _sizes(drift, T, m, q, m.ball(), (m.linear() + m.rest).upper())
    out = []
    for a, k in wanted:
        value, in_m, in_q = (
            form(a + (i > 0) * drift, k + i, drift, T, m.value, q.value) for i in range(3)
        )
        xx, xy, yy = (size(a + 2 * drift, k + i) for i in (2, 3, 4))
        out.append(taylor(m, q, value, in_m, in_q / 2, xx, xy / 2, yy / 4))
    return out


def quotient(m: Model, q: Model) -> Model:
    """V = P/m, P = F(1, 0) with drift 1, through m = 0; for m >= 0.

    P is odd in m and P_m = F(2, 1), so that V = int_0^1 F(2, 1)(t m, q) dt, and

        V_mm = int t^2 F(4, 3), V_mq = (1/2) int t F(4, 4), V_qq = (1/4) int F(4, 5)

    at (t m, q): at most 1/3, 1/4, 1/4 of the largest |F(4, .)| between 0 and m.
    """
    m0, q0 = m.value, q.value
    T = expectations(m0, q0, 7)
    if m0.is_zero():
        value, in_m, in_q = form(2, 1, 1, T, m0, q0), arb(0), form(3, 3, 1, T, m0, q0) / 2
    else:
        value = form(1, 0, 1, T, m0, q0) / m0
        in_m, in_q = (form(2, 1, 1, T, m0, q0) - value) / m0, form(2, 2, 1, T, m0, q0) / (2 * m0)
    high = m.ball().upper()
    size = _sizes(1, T, m, q, arb(0).union(high), max(m0.upper(), (high - m0).upper()))
    near = taylor(m, q, value, in_m, in_q, size(4, 3) / 3, size(4, 4) / 4, size(4, 5) / 4)
    if not m.ball() > 0:
        return near
    away = forms(m, q, 1, [(1, 0)])[0] * m.inverse()
    return away if away.rest < near.rest else near


@cache
def _panels(number: int):
    """Nodes and weights sech^2 of the Gauss-Legendre rule on [0, 2], [2, 4], ...: (u, u^2, w)."""
    rule = [arb.legendre_p_root(NODES, i, True) for i in range(NODES)]
    u = [2 * p + 1 + x for p in range(number) for x, _ in rule]
    w = [
        weight * (v.sech() ** 2) for v, weight in zip(u, [w for _, w in rule] * number, strict=True)
    ]
    return u, [v * v for v in u], w


def tilted(eta, beta, ks) -> dict:
    """I_k = int u^k e^{eta u - beta u^2} sech^2 u du for every k of ``ks``; thin balls, beta > 0.

    On panels of length 2 by Gauss and Legendre's rule with n nodes, which errs by at most (64/15) S
    / (rho^{2n-2} (1 - rho^-2)) where the integrand is at most S on the ellipse with half-axes a, b
    = (rho +- 1/rho)/2 round the panel (Trefethen 2008). There |sech^2(x + iy)| <= sech^2 x / cos^2
    y, because sinh^2 x + cos^2 y >= cosh^2 x cos^2 y. Beyond U > 0 the logarithmic slope of the
    integrand, with 4 e^{-2u} for sech^2, is at most -L = k/U - (2 - |eta|) - 2 beta U, so the two
    tails are at most twice the value at U over L.
    """
    size, ks = eta.abs_upper(), sorted(ks)
    number = 8
    while True:
        tails = [_tilted_tail(k, size, beta, 2 * number) for k in ks]
        if number > 500 or all(t < SMALL for t in tails):
            break
        number += 1 + number // 8
    a, b = (RHO + 1 / RHO) / 2, (RHO - 1 / RHO) / 2
    scale = 64 / (15 * RHO ** (2 * NODES - 2) * (1 - RHO**-2) * b.cos() ** 2) * (beta * b**2).exp()
    errors = [arb(0)] * len(ks)
    for p in range(number):
        near, far = max(2 * p + 1 - a, arb(0)), 2 * p + 1 + a
        most = 2 * scale * (size * far - beta * near**2).exp() * near.sech() ** 2  # both signs of u
        for i, k in enumerate(ks):
            errors[i] += most * (far + b) ** k
    U, squares, w = _panels(number)
    pairs = [(eta * u).sinh_cosh() for u in U]
    bell = [2 * weight * (-beta * square).exp() for square, weight in zip(squares, w, strict=True)]
    odd = [x * sinh for x, (sinh, _) in zip(bell, pairs, strict=True)]
    even = [x * cosh for x, (_, cosh) in zip(bell, pairs, strict=True)]
    powers = _powers(number, ks[-1])
    return {
        k: sum(map(mul, powers[k], odd if k % 2 else even), arb(0)) + arb(0, (error + tail).upper())
        for k, error, tail in zip(ks, errors, tails, strict=True)
    }


@cache
def _powers(number: int, highest: int):
    u, _, _ = _panels(number)
    return [[v**k for v in u] for k in range(highest + 1)]


def _tilted_tail(k, eta, beta, U):
    L = 2 - eta + 2 * beta.lower() * U - arb(k) / U
    if not L > 0:
        return arb("+inf")
    return (8 * arb(U) ** k * ((eta - 2 - beta.lower() * U) * U).exp() / L).upper()


def tilted_moments(eta: Model, beta: Model, highest: int) -> list[Model]:
    """I_0, ..., I_highest as models: dI_k = I_{k+1} d eta - I_{k+2} d beta.

    The second derivatives are I_{k+2}, -I_{k+3} and I_{k+4}. For even k, I_k grows with |eta| and
    falls with beta, so its value at a corner bounds it by B_k; for odd k, |I_k|^2 <= B_{k-1}
    B_{k+1} (Cauchy and Schwarz).
    """
    middle = tilted(eta.value, beta.value, range(highest + 3))
    largest_eta, least_beta = eta.ball().abs_upper(), beta.ball().lower()
    if not least_beta > 0:
        B = dict.fromkeys(range(highest + 6), arb("+inf"))
    else:
        B = tilted(largest_eta, least_beta, range(2, highest + 6, 2))
        B = {k: b.abs_upper() for k, b in B.items()}
        B |= {k + 1: (B[k] * B[k + 2]).sqrt().upper() for k in B if k + 2 in B}
    return [
        taylor(eta, beta, middle[k], middle[k + 1], -middle[k + 2], B[k + 2], B[k + 3], B[k + 4])
        for k in range(highest + 1)
    ]
