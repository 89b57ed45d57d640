"""Lemma 9: the tangent of the angle is multiplied by at most a factor."""

from fractions import Fraction

from flint import arb

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.enclosures import expectations
from ddpm_gmm.certify.check.models import coordinates
from ddpm_gmm.certify.check.moments import forms, quotient

SIDES, TARGET = 2, "factor"
FAR = 32  # of theta . mu, from where on one bound is used for all


def check(statement):
    fields.exactly("statement", statement, ("kind", "eta", "mu", "r", "factor"))
    fields.sizes(statement, "eta", "mu", "factor")
    if statement["eta"] > 1:
        raise fields.Rejected(f"eta: got {statement['eta']!r}, must be <= 1")
    fields.interval("r", statement["r"])


def region(statement):
    """(m, r)."""
    return [(Fraction(0), Fraction(FAR)), tuple(map(Fraction, statement["r"]))]


def misses(statement, box):
    return False


def bound(statement, box):
    """tan phi'/tan phi = |B| / (eta |mu|^2 V + B), B = 1 - eta + eta Q.

    V = P/m > 0 (P >= T_0: Lemma 9, fact (i)), so where the denominator is positive it grows with
    |mu| and the quotient falls, whatever B's sign. |mu| is at least the statement's, and at least
    m/r. For a given w = |mu|^2 V the quotient grows with B > 0 and falls with B < 0.

    Beyond m = 32: w >= m T_0/q, where T_0 grows with m and falls with q, and B lies between 1 -
    (19/12) eta and 1, since -7/12 < Q <= 1 (Lemma 9).
    """
    m, r = coordinates(box)
    q, eta, least, longest = r * r, arb(statement["eta"]), arb(statement["mu"]), arb(box[1][1])
    (Q,) = forms(m, q, 1, [(1, 1)])
    V, B = quotient(m, q), Q * eta + (1 - eta)
    if not (V.ball().is_finite() and B.ball().is_finite()):
        return arb(0), arb("+inf")

    def largest(w, *ends):
        """The largest quotient for B between the ends."""
        if not all(eta * w + b > 0 for b in ends):
            return arb("+inf")
        return max((abs(b) / (eta * w + b)).upper() for b in ends)

    # m/r at the box's corner, or in the middle: the least |mu| there
    corner, middle = least, least
    if arb(box[0][0]) > least * longest:
        corner = arb(box[0][0]) / longest
    if m.value > least * r.value:
        middle = m.value / r.value
    low = abs(B.value) / (eta * middle**2 * V.value + B.value)
    high = largest((corner**2 * V.ball()).lower(), B.ball().lower(), B.ball().upper())
    if box[0][1] >= FAR:
        T0 = expectations(arb(FAR), longest**2, 0)[0]
        beyond = largest((FAR * T0 / longest**2).lower(), 1 - eta * 19 / 12, arb(1))
        high = high.max(beyond)
    return low.lower(), high
