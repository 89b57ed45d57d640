"""Theorem 7, stage one: the length comes down, r' <= max(c |mu|, r / sqrt(1 + f r^2))."""

from fractions import Fraction
from itertools import product

from flint import arb

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.landing import step
from ddpm_gmm.certify.check.models import coordinates

SIDES, TARGET = 3, "excess"


def check(statement):
    fields.exactly(
        "statement", statement, ("kind", "mu", "r", "corner", "settled", "fall", "excess")
    )
    fields.interval("mu", statement["mu"])
    fields.interval("r", statement["r"])
    if not isinstance(statement["corner"], list) or len(statement["corner"]) != 2:
        raise fields.Rejected(f"corner: got {statement['corner']!r}, must be [|mu|, r]")
    for x in statement["corner"]:
        fields.number("corner", x)
    if statement["mu"][1] > 1:
        raise fields.Rejected(f"mu: got {statement['mu']!r}, must end at 1 or below")
    fields.sizes(statement, "settled", "fall", "excess", least=0)


def region(statement):
    """(|mu|, r, cos phi)."""
    mu, r = (tuple(map(Fraction, statement[name])) for name in ("mu", "r"))
    return [mu, r, (Fraction(0), Fraction(1))]


def misses(statement, box):
    """Whether the box lies in the corner that the statement leaves out."""
    s, r = map(Fraction, statement["corner"])
    return box[0][1] <= s and box[1][1] <= r


def bound(statement, box):
    """|mu| |P| + r |Q| less the larger of settled |mu| and r/sqrt(1 + fall r^2).

    The lesser of the two differences is at most either of them. |P| and |Q| are the larger of P, -P
    and of Q, -Q, so that nothing need be known of their signs.
    """
    s, r, cosine = coordinates(box)
    q = r * r
    P, Q = step(s * r * cosine, q)
    allowed = [
        s * arb(statement["settled"]),
        r * (q * arb(statement["fall"]) + 1).sqrt().inverse(),
    ]
    excess = [
        [s * P * i + r * Q * j + a * -1 for i, j in product((1, -1), repeat=2)] for a in allowed
    ]
    if not all(M.ball().is_finite() for signs in excess for M in signs):
        return arb(0), arb("+inf")
    low = min(max(M.value.lower() for M in signs) for signs in excess)
    high = min(max(M.ball().upper() for M in signs) for signs in excess)
    return low, high
