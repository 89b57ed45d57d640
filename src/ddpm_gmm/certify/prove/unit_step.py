"""Lemma 9 with the unit step: the tangent is divided by at least 1 + 2 |mu|^2, for every |mu|.

With eta = 1 and Q >= 0 this follows from P >= 2 m Q. With Q < 0 it says
P |mu|^2 >= (2 + 2 |mu|^2) m |Q|, and since |mu| >= m/r it is enough that

    share = -2 (m^2 + q) Q / (m P) <= 1    for all m > 0 and q = r^2 > 0,

in which |mu| no longer occurs. Q < 0 needs m > r, so boxes with m <= r are left out; r > 4 and
m > 20 are done by hand. Derived in notebooks/explicit-constants.

A statement: kind "unit_step", m [0, high], r [0, high], share. A box: (m, r).
"""

from math import inf

from flint import arb

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, push

TARGET = "share"


def statements() -> dict[str, dict]:
    """What the book proves, {name: statement}."""
    return {"unit-step": {"kind": "unit_step", "m": [0.0, 20.0], "r": [0.0, 4.0], "share": 1.0}}


def region(statement):
    check.number("share", statement["share"], above=0)
    return [tuple(check.interval(name, statement[name], least=0) for name in ("m", "r"))]


def outside(statement, box):
    return box[0][1] <= box[1][0]


def _share(box):
    m, r = (balls.ball(*side) for side in box)
    m0, r0 = (arb(low + high) / 2 for low, high in box)
    q = r**2
    V, Q, _, _ = push.over(m, q, m0, r0**2)
    if Q.value.lower() >= 0:
        return arb(0)
    if not (V.value > 0 and m > 0):
        return arb(inf)
    return (-2 * (1 + q / m**2) * Q.value.lower() / V.value).upper()


def bound(statement, box):
    """The share over the box, 0 where Q >= 0."""
    return balls.above(_share(box)), push.saved(_share, box)
