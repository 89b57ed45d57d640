"""The numbers in the hand proofs, each enclosed over its whole range.

Every one is an ``Inequality``, with the place where a proof uses it as its docstring. The ends
of the ranges are those of ``EDGES``, to which ``chain`` holds the certificates. On an unbounded
range an inequality is two, one at its end and one that it falls from there on, or it is written in
the variable's inverse. Derived in notebooks/explicit-constants, section "Why it is true", and in
notebooks/lemma-11 where the docstring says so.
"""

from fractions import Fraction
from functools import partial

from flint import arb

from ddpm_gmm.certify.check.enclosures import expectations
from ddpm_gmm.certify.check.inequality import Inequality, ball, entered

EDGES = {  # where hand proofs begin or end
    "expansion near": Fraction(1, 4),  # of e, by hand up to here
    "expansion far": Fraction(7, 8),  # and from here on
    "unit step m": Fraction(20),  # by hand beyond, for r <= 4
    "unit step r": Fraction(4),  # by hand beyond
    "contraction": Fraction(4),  # of |mu|, Lemma 11 by hand beyond
    "length r": Fraction(21, 8),  # one step from anywhere leads below
    "length corner mu": Fraction(1, 8),  # by hand where |mu| and r are at most
    "length corner r": Fraction(9, 32),
}
INEQUALITIES: dict[str, Inequality] = {}
_inequality = partial(entered, INEQUALITIES)


def _density(x):
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def _least_T0(x, r):
    """2 Phi(x) - 1 - log 2/(r sqrt(2 pi)), at most T_0 at m = r x."""
    return (x / arb(2).sqrt()).erf() - arb(2).log() / (r * (2 * arb.pi()).sqrt())


NEAR, FAR = EDGES["expansion near"], EDGES["expansion far"]


@_inequality("near: d_1", "3.084", "3.083", e=(0, NEAR), c=(0, 1))
def _(e, c):
    """Lemma 8 near the origin, |theta| = |mu| = e: D/q <= 3 + 4 m^2/(3 q), q = e^2, m = q c."""
    return 3 + 4 * (e * c) ** 2 / 3


@_inequality("near: z from below", "-1.3", "-1.34", e=(0, NEAR), c=(0, 1))
def _(e, c):
    """There, Z/q^2 >= 6 - 3c^2 - (68/3) q - 4 q c^2."""
    return -(6 - 3 * c**2 - 68 * e**2 / 3 - 4 * e**2 * c**2)


@_inequality("near: z from above", "-1.986", "-1.987", e=(0, NEAR), c=(0, 1))
def _(e, c):
    """There, (Z/q^2 - 6)/c^2 <= -3 + 16 q + (10/3) q^2 c^2."""
    return -3 + 16 * e**2 + 10 * e**4 * c**2 / 3


@_inequality("near: square of 3.084", "9.52", "9.51")
def _():
    """There, c^2 d_1^2 <= 9.52 c^2."""
    return arb("3.084") ** 2


@_inequality("near: middle of the square", "-23.83", "-23.84")
def _():
    """There, z^2 <= (6 - 1.986 c^2)^2, whose term in c^2 is -12 1.986."""
    return -12 * arb("1.986")


@_inequality("near: end of the square", "3.95", "3.94")
def _():
    """There, its term in c^4."""
    return arb("1.986") ** 2


@_inequality("near: at most 36", "0", "-10.37", c=(0, 1))
def _(c):
    """There, (36 - 23.83 c^2 + 3.95 c^4 + 9.52 c^2 - 36)/c^2."""
    return arb("9.52") - arb("23.83") + arb("3.95") * c**2


@_inequality("near: d_1 - z", "2.9", "2.86", e=(0, NEAR), rho=(0, 1))
def _(e, rho):
    """Lemma 8 near the origin, theta along mu, |theta| = rho e: rho (d_1 - z)."""
    return 6 * rho**3 * (1 - rho**2) + 28 * e**2


@_inequality("near: 28", "28", "27.9")
def _():
    """There, the factor of e^2, (4 rho^3 + 68 rho^7 + 12 rho^5)/3, at rho = 1."""
    return arb(4 + 68 + 12) / 3


@_inequality("near: z - d_1", "0", "-1.99", e=(0, NEAR), rho=(0, 1))
def _(e, rho):
    """There, (z - 6 rho^4)/rho^2, so that rho (z - d_1) <= 6 rho^5."""
    return -3 + (16 * e**2 + 10 * e**4 / 3) * rho**2


@_inequality("near: rho d_1", "3.1", "3.08", e=(0, NEAR), rho=(0, 1))
def _(e, rho):
    """There, rho d_1 = 3 rho^3 + (4/3) rho^3 e^2."""
    return rho**3 * (3 + 4 * e**2 / 3)


@_inequality("far: both sizes", "6", "5.2", inverse=(0, 1 / FAR))
def _(inverse):
    """Lemma 8 for e >= 7/8: (2 e^3 + max(2 e^3, 19 e/12))/e^5 in u = 1/e."""
    return 2 * inverse**2 + (2 * inverse**2).max(19 * inverse**4 / 12)


M, R = EDGES["unit step m"], EDGES["unit step r"]


@_inequality("unit step: at m = 20", "1.5", "1.47")
def _():
    """Lemma 9, unit step, r <= 4: 2 (m^2 + q)(2m + 2q) 4 e^(8 - m) at m = 20, q = 16."""
    m, q = ball(M, M), ball(R, R) ** 2
    return 2 * (m**2 + q) * (2 * m + 2 * q) * 4 * (q / 2 - m).exp()


@_inequality("unit step: falls from m = 20 on", "0", "-0.88", inverse=(0, 1 / M))
def _(inverse):
    """There, the logarithmic derivative of it in m, with u = 1/m and q = 16."""
    return 2 * inverse / (1 + 16 * inverse**2) + inverse / (1 + 16 * inverse) - 1


@_inequality("unit step: less than m T_0", "-1.5", "-20")
def _():
    """There, -m T_0 at m = 20, q = 16; T_0 grows with m and falls with q."""
    m, q = ball(M, M), ball(R, R) ** 2
    return -m * expectations(m, q, 0)[0]


@_inequality("unit step: m >= q >= 16", "1.4", "1.37")
def _():
    """Lemma 9, unit step, r >= 4 and m >= q: m^4 e^(-m/2)/16 at m = 16; it falls from m = 8 on."""
    m = ball(R, R) ** 2
    return m**4 * (-m / 2).exp() / 16


@_inequality("unit step: less than x T_0", "-1.4", "-3.73", x=(R, R))
def _(x):
    """There and for x >= 4, minus the least x T_0, which is at x = r = 4."""
    return -x * _least_T0(x, ball(R, R))


@_inequality("unit step: m <= q", "-0.18", "-0.2", x=(1, R))
def _(x):
    """Lemma 9, unit step, r >= 4, 1 <= x <= 4: minus the least of x T_0 - (x^4 - x^2/2 - 1) r T_1.

    It is at r = 4, where z/sin z is largest; where the bracket is negative nothing is subtracted.
    """
    z = arb.pi() * x / (2 * ball(R, R))
    top = z.upper().min(arb.pi() / 2)
    bend = (top / top.sin()).upper()
    bracket = (x**4 - x**2 / 2 - 1).max(arb(0))
    return 2 * _density(x) * bracket * bend - x * _least_T0(x, ball(R, R))


@_inequality("unit step: x >= 4", "0.12", "0.107", x=(R, R))
def _(x):
    """There, x >= 4: 2 phi(x) x^4 pi/2 at x = 4; it falls from x = 2 on."""
    return _density(x) * x**4 * arb.pi()


@_inequality("stages: does not shrink, small q", "10", "9.9")
def _():
    """Theorem 7, the length, q <= 1/5: 6q + 4 nu^2 q <= 2, five times it, at q = 1/5 and nu = 1."""
    return arb(6 + 4)


@_inequality("stages: 8.9", "8.9", "8.88", q=(0, "1/5"))
def _(q):
    """There, (4 - 4q)/(1 - 2q)^2."""
    return (4 - 4 * q) / (1 - 2 * q) ** 2


@_inequality("stages: convex", "2", "1.7")
def _():
    """Theorem 7, the length, q >= 1/5: e^z <= 1 + 2z on [0, 1], a convex function under a chord."""
    return arb(1).exp() - 1


@_inequality("stages: 23", "23", "22.9")
def _():
    """There, 4/q + 8 - 1/q at q = 1/5."""
    return arb(3 * 5 + 8)


@_inequality("stages: 21/8", "2.625", "2.59", s=(0, 1))
def _(s):
    """Theorem 7: one step from anywhere, s + sqrt(2/pi) (1 + s^2)."""
    return s + (2 / arb.pi()).sqrt() * (1 + s**2)


S, LONG = EDGES["length corner mu"], EDGES["length corner r"]


@_inequality("corner: q", "1", "0.94", r=(0, LONG))
def _(r):
    """Theorem 7, the corner: 12 q, so that 6 q^2 <= q/2."""
    return 12 * r**2


@_inequality("corner: brackets", "2", "0.95", s=(0, S), r=(0, LONG))
def _(s, r):
    """There, 12 q + 2 m^2 with m <= s r."""
    return 12 * r**2 + 2 * (s * r) ** 2


@_inequality("corner: 1 - q", "0", "-1.01", q=(0, "1/12"))
def _(q):
    """There, r >= 2s: ((1 - q)^2 (1 + q) - 1)/q."""
    return -1 - q + q**2


@_inequality("corner: f increases", "0", "-0.75", s=(0, S), q=(0, "1/16"))
def _(s, q):
    """There, r <= 2s: -f'(r) = -(1 + 2s^2 - 6q + 30q^2), q <= 4s^2 <= 1/16."""
    return -(1 + 2 * s**2 - 6 * q + 30 * q**2)


@_inequality("corner: f(2s)", "0", "-4.51", s=(0, S))
def _(s):
    """There, (f(2s)/(2s) - 1)/s^2."""
    return -6 + 96 * s**2


@_inequality("Lemma 11: at |mu| = 4", "0.98", "0.975")
def _():
    """notebooks/lemma-11, beyond |mu| = 4: q_EM + q_G at s = |mu|^2 = 16."""
    s = ball(EDGES["contraction"], EDGES["contraction"]) ** 2
    root = (3 + 3 * s / 2 + s**2 / 16).sqrt() * ((s + s**2).sqrt() + 3 * s.sqrt())
    return (4 + s + 2 * root) * (-3 * s / 8).exp()


@_inequality("Lemma 11: falls beyond", "0.375", "0.12")
def _():
    """There, two factors with a logarithmic derivative of at most 1/s against the exponential's."""
    return 2 / ball(EDGES["contraction"], EDGES["contraction"]) ** 2
