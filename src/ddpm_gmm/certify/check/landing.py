"""Theorem 7, stage two: one unit step takes a piece of a cone into a ball round mu."""

from fractions import Fraction

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.models import Model, coordinates, norm
from ddpm_gmm.certify.check.moments import forms

SIDES, TARGET = 3, "radius"


def check(statement):
    fields.exactly("statement", statement, ("kind", "mu", "x", "slope", "radius"))
    fields.interval("mu", statement["mu"])
    fields.interval("x", statement["x"])
    fields.sizes(statement, "slope", "radius", least=0)


def region(statement):
    """(|mu|, x, y), theta = |mu| (x, y), 0 <= y <= slope x; y < 0 is the mirror image."""
    mu, x = (tuple(map(Fraction, statement[name])) for name in ("mu", "x"))
    return [mu, x, (Fraction(0), Fraction(statement["slope"]) * x[1])]


def misses(statement, box):
    return box[2][0] > Fraction(statement["slope"]) * box[1][1]


def bound(statement, box):
    """|theta' - mu| / |mu| = |(P + x Q - 1, y Q)|, of which the norm is convex."""
    s, x, y = coordinates(box)
    w = s * s
    P, Q = step(w * x, w * (x * x + y * y))
    along, across = P + x * Q + -1, y * Q
    zero = along * 0
    # the norm of the symmetric matrix [[a, b], [b, -a]] is that of (a, b)
    return norm(along, across, along * -1, zero)


def step(m: Model, q: Model):
    """P and Q of the unit step theta' = P mu + Q theta.

    theta' = -E[f_u x] - E[S] theta with f = (q/2)(1 + S) - u tanh u, as L/2 = E f, and E[h(u) x] =
    mu E h + theta E h' (parts): P = E h and Q = E h' - E S for h = tanh u + u S - (q/2) S'.
    """
    return forms(m, q, 1, [(1, 0), (1, 1)])
