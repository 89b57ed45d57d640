"""Lemma 8: how far a gradient step is from the power iteration, |R| <= C e^5.

R = -grad(L/2) - 2 (mu mu' - r^2 I) theta = (P/m - 2) m mu + Z theta with Z = Q - 1 + 2q. For given
m and q its length grows with |mu|, so |mu| may be raised to e. Then |R|^2 = A e^2 + B with
A = (P - 2m)^2 and B = Z^2 q + 2 (P/m - 2) Z m^2, which may be negative. So for every
e >= e_1 = max(r, m/r), the least e that Cauchy and Schwarz allow,

    |R|^2/e^10 <= A/e_1^8 + max(B, 0)/e_1^10,

and two variables remain. They are e_1 and a place on the edge of a square:

    edge 0 to 1:   |theta| = |mu| = e_1, the angle's cosine c = edge, rho = 1
    edge 1 to 2:   c = 1, |mu| = e_1, |theta| = rho e_1 with rho = 2 - edge.

With p = (P/m - 2)/e_1^2 and z = Z/e_1^4, smooth functions of e_1^2, the bound is the square of

    rho max(c |p|, sqrt((z + c^2 p)^2 + c^2 (1 - c^2) p^2)).

Derived in notebooks/explicit-constants.

A statement: kind "expansion", e [low, high], C: |R| <= C e^5 whenever e_1 is in [low, high] and
e >= e_1. With low = 0 that is every |theta|, |mu| <= e <= high. A box: (e_1, edge).
"""

from math import inf

from flint import arb

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, push

TARGET = "C"
ORDERS = (4, 5, 6)  # of the series about e = 0; it diverges, so that a higher one is no better
SERIES_UP_TO = 0.25  # beyond, the series is useless


def statements() -> dict[str, dict]:
    """What the book proves, {name: statement}."""
    return {
        "expansion-near": {"kind": "expansion", "e": [0.0, 0.875], "C": 6 + 1 / 64},
        "expansion-middle": {"kind": "expansion", "e": [0.25, 0.875], "C": 6.0},
    }


def region(statement):
    e = check.interval("e", statement["e"], least=0)
    check.number("C", statement["C"], above=0)
    return [(e, (0.0, 1.0)), (e, (1.0, 2.0))]


def outside(statement, box):
    return False


def _series(of, order, drop, e, rho, c):
    """The series of P/m or Q less its terms of order below e^drop, divided by e^drop."""
    total = arb(0)
    ee, rr, mm = e**2, rho**2, (rho * c) ** 2
    for (i, j), (value, error) in push.series(of, order).items():
        if 4 * i + 2 * j < drop:
            continue
        error = (arb(error.numerator) / error.denominator).upper()
        k = arb(value.numerator) / value.denominator + arb(0, error)
        total += k * mm**i * rr**j * ee ** (2 * i + j - drop // 2)
    return total


def _direct(e, rho, c, e0, rho0, c0, turn):
    """p and z by the mean-value form in e and along the edge.

    ``turn`` holds the slopes of (rho, c) along the edge and the distance from the middle.
    """
    rho_w, c_w, dw = turn
    ee, ee0 = e**2, e0**2
    inverse = 1 / e  # its powers stay finite; those of a wide ball e may reach 0
    m, q, m0, q0 = ee * rho * c, ee * rho**2, ee0 * rho0 * c0, ee0 * rho0**2
    V, Q, V0, Q0 = push.over(m, q, m0, q0)
    m_e, q_e = 2 * e * rho * c, 2 * e * rho**2
    m_w, q_w = ee * (rho_w * c + rho * c_w), 2 * ee * rho * rho_w
    bend = Q.in_q + 2  # dZ/dq
    Z0 = Q0 - 1 + 2 * q0
    Z = Z0 + Q.in_m * (m - m0) + bend * (q - q0)
    p_e = (V.in_m * m_e + V.in_q * q_e) * inverse**2 - 2 * (V.value - 2) * inverse**3
    p_w = (V.in_m * m_w + V.in_q * q_w) * inverse**2
    z_e = (Q.in_m * m_e + bend * q_e) * inverse**4 - 4 * Z * inverse**5
    z_w = (Q.in_m * m_w + bend * q_w) * inverse**4
    de = e - e0
    return (V0 - 2) / ee0 + p_e * de + p_w * dw, Z0 / ee0**2 + z_e * de + z_w * dw


def _size(box):
    """An upper bound on |R|/e^5 for every e >= e_1, over the box."""
    e, edge = (balls.ball(*side) for side in box)
    e0, edge0 = (arb(low + high) / 2 for low, high in box)
    one, zero = arb(1), arb(0)
    if box[1][0] >= 1:
        rho, c, rho0, c0, turn = 2 - edge, one, 2 - edge0, one, (-one, zero, edge - edge0)
    else:
        rho, c, rho0, c0, turn = one, edge, one, edge0, (zero, one, edge - edge0)
    found = []
    if box[0][1] <= SERIES_UP_TO:
        found += [
            [_series(of, J, k, e, rho, c) for of, k in (("P/m", 2), ("Q", 4))] for J in ORDERS
        ]
    if box[0][0] > 0:
        found.append(_direct(e, rho, c, e0, rho0, c0, turn))
    cc = c**2
    mixed = (cc * (1 - cc)).abs_upper()
    sizes = []
    for p, z in found:
        across = ((z + cc * p).abs_upper() ** 2 + mixed * p.abs_upper() ** 2).sqrt().upper()
        sizes.append((rho * across.max((c * p).abs_upper())).upper())  # a NaN stays one
    return min(sizes, default=arb(inf))


def bound(statement, box):
    """|R|/e^5 by the series or by the mean-value form, whichever is smaller."""
    return balls.above(_size(box)), push.saved(_size, box)
