"""Theorem 7, stage two: one unit step takes a stretch of the cone into a ball round mu.

In units of |mu| the plane of theta and mu has coordinates (x, y), theta = |mu| (x, y). With w =
|mu|^2, m = w x, q = w (x^2 + y^2) and P, Q as in :func:`step`, the unit step is

    x' = P + x Q,   y' = y Q.

Certified is |theta' - mu| <= radius |mu| from every theta with x in a given interval and |y| <=
slope x. The cone |y| <= slope x itself is never left, by Lemma 9. So the statements chain: the
next one starts from x in [1 - radius, 1 + radius]. Derived in notebooks/explicit-constants.

A statement: kind "landing", mu [low, high], x [low, high], slope, radius. A box: (|mu|, x, y).
"""

from fractions import Fraction

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, forms

TARGET = "radius"


def region(statement):
    mu = check.interval("mu", statement["mu"], above=0)
    x = check.interval("x", statement["x"], least=0)
    for name in ("slope", "radius"):
        check.number(name, statement[name], above=0)
    high = Fraction(statement["slope"]) * Fraction(statement["x"][1])
    if Fraction(float(high)) != high:
        raise ValueError(f"slope: got {statement['slope']}, must make slope * x exact in a float")
    return [(mu, x, (0.0, float(high)))]


def outside(statement, box):
    _, (_, x_high), (y_low, _) = box
    return Fraction(y_low) > Fraction(statement["slope"]) * Fraction(x_high)


def step(m, q):
    """P and Q of the unit step theta' = P mu + Q theta, as forms.

    P = T_0 + m T_1 + (q/2) T_2 and Q = T_1 + m T_2 + (q/2) T_3.
    """
    T = forms.moments(m, q, 3)
    return tuple(T[k] + m * T[k + 1] + q / 2 * T[k + 2] for k in range(2))


def bound(statement, box):
    """The distance |theta' - mu| / |mu|, from above."""
    s, x, y = forms.variables(box)
    w = s.square()
    P, Q = step(w * x, w * (x.square() + y.square()))
    away = [P + x * Q - 1, y * Q]
    distance = sum(form.range.abs_upper() ** 2 for form in away).sqrt()
    return balls.above(distance), forms.adds(away)


def statements() -> dict[str, dict]:
    """Stage two's, {name: statement}: four pieces of |mu|, each a chain that ends at radius 1/4.

    The first of a chain starts from x in [1/4, 2], where stage one ends.
    """
    out = {}
    for mu, radii in (
        ((0.5, 0.6875), (0.6875, 0.625, 0.5625, 0.5, 0.4375, 0.375, 0.3125, 0.25)),
        ((0.6875, 1.0), (0.625, 0.375, 0.25)),
        ((1.0, 2.0), (0.5, 0.25)),
        ((2.0, 4.0), (0.25,)),
    ):
        x = [0.25, 2.0]
        for count, radius in enumerate(radii, 1):
            out[f"landing-{mu[0]:g}-{mu[1]:g}-{count}"] = {
                "kind": "landing",
                "mu": list(mu),
                "x": x,
                "slope": 0.0625,
                "radius": radius,
            }
            x = [1 - radius, 1 + radius]
    return out
