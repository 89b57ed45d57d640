"""Lemma 8: a step is one of the power iteration, to leading order, |R| <= C e^5."""

from fractions import Fraction
from math import factorial

from flint import arb

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.enclosures import derivative
from ddpm_gmm.certify.check.models import Model, coordinates
from ddpm_gmm.certify.check.moments import forms, quotient

SIDES, TARGET = 2, "C"
SERIES = 0.3125  # of e, up to where the series about e = 0 is tried
ORDERS = (4, 6, 8)


def check(statement):
    fields.exactly("statement", statement, ("kind", "e", "C"))
    fields.interval("e", statement["e"])
    fields.sizes(statement, "C")


def region(statement):
    """(e, edge): r/e = 1, cos = edge for edge in [0, 1]; r/e = 2 - edge, cos = 1 beyond."""
    return [tuple(map(Fraction, statement["e"])), (Fraction(0), Fraction(2))]


def misses(statement, box):
    return False


def _series(of: str, order: int, e2: Model, rho2: Model, c2: Model) -> Model:
    """(V - 2)/e^2 or (Q - 1 + 2q)/e^4 from the Taylor series about e = 0.

    With w(xi) = xi / sinh(pi xi/2), Q = int_0^inf w G d xi for G = (1 + x d/dx + y d/dy) E cos v,
    v = x + sqrt(y) g, x = xi m, y = xi^2 q. The rest of the cosine's series from t^{2J} on is, up
    to its sign (-1)^J, between 0 and t^{2J}/(2J)!; its derivative, odd in t, between 0 and
    t^{2J-1}/(2J-1)! for t >= 0; its second derivative at most t^{2J-2}/(2J-2)! in size. Under a
    Gaussian with mean >= 0 such an odd function has a mean between 0 and the odd power's. So the
    rest of G is at most (1 + x d/dx + y d/dy) E v^{2J}/(2J)!. As int w xi^{2J} d xi = |a_{2J+1}|
    with a_k = tanh^{(k)}(0), the rest of Q is at most |a_{2J+1}| sum_{i+j=J} v_ij m^{2i} q^j, and
    the terms before it are a_{2(i+j)+1} v_ij m^{2i} q^j,

        v_ij = (2i + 1 + j)/((2i)! 2^j j!).

    P likewise, with the sine, and V = P/m has w_ij = (2i + 2 + j)/((2i + 1)! 2^j j!).
    """
    odd, drop = (1, 1) if of == "V" else (0, 2)
    total, least = e2 * 0, arb(0)
    sizes = [M.ball().abs_upper() for M in (e2, rho2, c2)]
    powers = [[Model(arb(1), [arb(0)] * 2, arb(0))] for _ in range(3)]
    for M, out in zip((e2, rho2, c2), powers, strict=True):
        for _ in range(2 * order):
            out.append(out[-1] * M)
    for n in range(order + 1):
        a = derivative(2 * n + 1)[0]
        for i in range(n + 1):
            j = n - i
            share = arb(2 * i + 1 + odd + j) / (factorial(2 * i + odd) * 2**j * factorial(j))
            if 2 * i + j < drop:  # taken away: the constant 2 of V, and 1 - 2q of Q
                continue
            at = 2 * i + j - drop, n, i
            if n < order:
                x, y, z = (out[k] for out, k in zip(powers, at, strict=True))
                total = total + x * y * z * (share * a)
            else:
                x, y, z = (size**k for size, k in zip(sizes, at, strict=True))
                least += abs(a) * share * x * y * z
    return Model(total.value, total.slopes, (total.rest + least).upper())


def bound(statement, box):
    """|R|/e^5 from above, for every e >= e_1 = max(r, m/r), which is the box's first side.

    R = (V - 2) m mu + Z theta, Z = Q - 1 + 2q, so |R|^2 = D^2 m^2 |mu|^2 + Z^2 q - 2 D Z m^2 with D
    = 2 - V. It grows with |mu|, so for |mu| <= e it is at most A e^2 + B, A = D^2 m^2 and B = Z^2 q
    - 2 D Z m^2. Over e^10 that is at most A/e_1^8 + max(B, 0)/e_1^10. With p = (V - 2)/e_1^2, z =
    Z/e_1^4, rho = r/e_1 and the angle's cosine c this is

        rho^2 max(c^2 p^2, z^2 + c^2 p (2 z + p)).
    """
    e, edge = coordinates(box)
    if box[1][0] < 1 < box[1][1]:  # two formulas; the halves of the box need but one
        return arb(0), arb("+inf")
    rho, c = (e * 0 + 1, edge) if box[1][1] <= 1 else (edge * -1 + 2, e * 0 + 1)
    e2, rho2, c2 = e * e, rho * rho, c * c
    found = []
    if box[0][1] <= SERIES:
        found += [[_series(of, J, e2, rho2, c2) for of in "VQ"] for J in ORDERS]
    if box[0][0] > 0:
        m, q, inverse = e2 * rho * c, e2 * rho2, e.inverse() * e.inverse()
        (Q,) = forms(m, q, 1, [(1, 1)])
        p, Z = (quotient(m, q) + -2) * inverse, Q + q * 2 + -1
        found.append([p, Z * inverse * inverse])
    best = arb(0), arb("+inf")
    for p, z in found:
        both = [rho2 * (c2 * p * p), rho2 * (z * z + c2 * p * (z * 2 + p))]
        if not all(M.ball().is_finite() for M in both):
            continue
        low = max(arb(0), *(M.value.lower() for M in both)).sqrt().lower()
        high = max(arb(0), *(M.ball().upper() for M in both)).sqrt().upper()
        if high < best[1]:
            best = low, high
    return best
