"""Lemma 9 with the unit step: the tangent is divided by at least 1 + 2 |mu|^2."""

from fractions import Fraction

from flint import arb

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.models import coordinates
from ddpm_gmm.certify.check.moments import forms

SIDES, TARGET = 2, "share"


def check(statement):
    fields.exactly("statement", statement, ("kind", "m", "r", "share"))
    fields.interval("m", statement["m"])
    fields.interval("r", statement["r"])
    fields.sizes(statement, "share")


def region(statement):
    """(m, r)."""
    return [tuple(map(Fraction, statement[name])) for name in ("m", "r")]


def misses(statement, box):
    """Whether m <= r on the box: there Q >= E[u^2 sech^2 u]/(2 q) > 0 (Lemma 9, fact (ii))."""
    return box[0][1] <= box[1][0]


def bound(statement, box):
    """-2 (m^2 + q) Q / (m P) where Q < 0."""
    m, r = coordinates(box)
    q = r * r
    P, Q = forms(m, q, 1, [(1, 0), (1, 1)])
    if Q.ball() >= 0:
        return arb(0), arb(0)
    below = m * P
    if not below.ball() > 0:
        return arb(0), arb("+inf")
    share = (m * m + q) * Q * below.inverse() * -2
    if not share.ball().is_finite():
        return arb(0), arb("+inf")
    high = share.ball().upper().max(arb(0))
    return share.value.lower(), high
