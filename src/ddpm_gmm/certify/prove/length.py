"""Theorem 7, stage one: the length comes down, r' <= max(c |mu|, r / sqrt(1 + f r^2)).

For a unit step theta' = P mu + Q theta with |mu| <= 1, P and Q are not negative (Lemma 9), so that
r' <= |mu| P + r Q. As 1/r^2 grows by f at every step while r > c |mu|, the length is below c |mu|
after 1/(c^2 f |mu|^2) steps, and stays there. The corner where |mu| and r are both small is
derived by hand, in notebooks/explicit-constants; the region is the rest.

A statement: kind "length", mu [low, high <= 1], r [low, high], corner [|mu|, r], settled c, fall
f, excess. Certified is r' - max(...) <= excess. A box: (|mu|, r, cos phi).
"""

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, forms, landing

TARGET = "excess"


def region(statement):
    s_low, s_high = check.interval("mu", statement["mu"], least=0, most=1)
    r_low, r_high = check.interval("r", statement["r"], least=0)
    s, r = statement["corner"]
    check.interval("corner", [s_low, s], most=s_high)
    check.interval("corner", [r_low, r], most=r_high)
    for name in ("settled", "fall"):
        check.number(name, statement[name], above=0)
    boxes = [((s_low, s), (r, r_high)), ((s, s_high), (r_low, r_high))]
    return [(*box, (0.0, 1.0)) for box in boxes]


def outside(statement, box):
    return False


def bound(statement, box):
    """The new length less what it may be, from above."""
    s, r, cosine = forms.variables(box)
    q = r.square()
    P, Q = landing.step(s * r * cosine, q)
    length = s * P + r * Q
    excess = [
        length - statement["settled"] * s,
        length - r / (1 + statement["fall"] * q).sqrt(),
    ]
    best = min(excess, key=lambda form: form.range.upper())
    return balls.above(best.range), forms.adds([best])


def statements() -> dict[str, dict]:
    """Stage one's, {name: statement}. One step from anywhere leads to r <= 21/8."""
    return {
        "length": {
            "kind": "length",
            "mu": [0.0, 1.0],
            "r": [0.0, 2.625],
            "corner": [0.125, 0.28125],
            "settled": 2.0,
            "fall": 1.0,
            "excess": 0.0,
        }
    }
