"""Lemma 9: a step divides the tangent of the angle by an explicit factor, whatever the angle.

tan phi'/tan phi = |B| / (eta s^2 V + B), with V = P/m, B = 1 - eta + eta Q and s = |mu|. For given
m and r it falls as s grows, and s >= m/r always (Cauchy and Schwarz). So it is largest at
s = max(least, m/r), and two variables remain. Derived in notebooks/explicit-constants.

A statement: kind "turning", eta (the checker takes at most 1), mu (the least |mu|; every larger one
is included), r [low, high] (the annulus), factor. A box: (m, r). A box that touches m = FAR answers
for all larger m as well: there s^2 V >= m P/q >= m T_0/q, which grows with m and falls with q, and
B <= 1.
"""

from functools import partial
from math import inf

from flint import arb

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, push

TARGET = "factor"
FAR = 32.0
STATED = (  # eta, the least |mu|, the largest r, the factor: the observed one, rounded up
    (0.25, 0.25, 1.0, 252 / 256),
    (0.25, 0.5, 1.0, 239 / 256),
    (0.25, 1.0, 1.0, 201 / 256),
    (0.25, 2.0, 1.0, 143 / 256),
    (0.5, 0.25, 1.0, 246 / 256),
    (0.5, 0.25, 4.0, 253 / 256),
    (0.5, 0.5, 1.0, 218 / 256),
    (0.5, 0.5, 4.0, 241 / 256),
    (0.5, 1.0, 1.0, 149 / 256),
    (0.5, 1.0, 4.0, 209 / 256),
    (0.5, 2.0, 1.0, 70 / 256),
    (0.5, 2.0, 4.0, 165 / 256),
)


def statements() -> dict[str, dict]:
    """What the book proves, {name: statement}."""
    return {
        f"turning-{eta:g}-{mu:g}-{r:g}": {
            "kind": "turning",
            "eta": eta,
            "mu": mu,
            "r": [0.0, r],
            "factor": factor,
        }
        for eta, mu, r, factor in STATED
    }


def region(statement):
    for name in ("eta", "mu", "factor"):
        check.number(name, statement[name], above=0)
    return [((0.0, FAR), check.interval("r", statement["r"], least=0))]


def outside(statement, box):
    return False


def _ratio(eta, B, reach):
    """The largest |B| / (eta reach + B) for reach >= the lower end of ``reach``."""
    least = eta * reach.lower()
    out = []
    for b in (B.lower(), B.upper()):  # it rises with B > 0 and falls with B < 0
        whole = least + b
        if not whole > 0:
            return arb(inf)
        out.append((abs(b) / whole).upper())
    return max(out)


def _factor(statement, box):
    eta = arb(statement["eta"])
    m, r = (balls.ball(*side) for side in box)
    m0, r0 = (arb(low + high) / 2 for low, high in box)
    low, high = (arb(x) for x in box[0])
    largest = arb(box[1][1])
    V, Q, _, _ = push.over(m, r**2, m0, r0**2)
    least = arb(statement["mu"])
    if low > least * largest:
        least = (low / largest).lower()
    B = 1 - eta + eta * Q.value
    out = _ratio(eta, B, least**2 * V.value)
    if high >= FAR:
        T0 = balls.at(high, largest**2, 0)[0]
        out = max(out, _ratio(eta, 1 - eta + eta * balls.ball(-1, 1), high * T0 / largest**2))
    return out


def bound(statement, box):
    """The factor over the box; infinite where the step may cross to the other side too far."""
    factor = partial(_factor, statement)
    return balls.above(factor(box)), push.saved(factor, box)


def of_the_angle(factor: float, away: float):
    """A ball for the largest phi'/phi over 0 < phi <= 90 degrees - ``away`` degrees.

    phi' <= arctan(factor tan phi), a convex function of phi that starts at 0, so that its quotient
    by phi is largest at the end: arctan(factor / tan away) / (pi/2 - away).
    """
    away = arb(away) * arb.pi() / 180
    return (arb(factor) / away.tan()).atan() / (arb.pi() / 2 - away)
