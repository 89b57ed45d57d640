"""Whether accepted certificates leave no gap, neither between each other nor to the hand proofs.

A *verdict* is what :func:`ddpm_gmm.certify.check.certificate.verify` returns of a certificate that
it accepted. What follows from many of them is decided here by exact fractions: that intervals of
|mu| meet, that each step of Theorem 7 lands where the next statement begins, and that boxes reach
as far as the hand proofs (``hand.EDGES``). Nothing of the prover is used. Derived
in notebooks/explicit-constants.
"""

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from ddpm_gmm.certify.check.fields import Rejected
from ddpm_gmm.certify.check.hand import EDGES


class Piece(NamedTuple):
    """An interval of |mu| on which ``landings`` steps lead into a ball that kappa contracts."""

    low: float
    high: float
    landings: int
    kappa: float
    rho: float


class Chain(NamedTuple):
    """Stage two piece by piece, and what of stage one was certified."""

    pieces: tuple[Piece, ...]
    slope: float
    settled: float
    fall: float


def _of(verdicts, kind: str, **wanted):
    """The verdicts of a kind whose statements have these numbers."""
    wanted = {"kind": kind} | wanted
    return [v for v in verdicts if wanted.items() <= v["statement"].items()]


def _side(statement, name) -> tuple[Fraction, Fraction]:
    return tuple(map(Fraction, statement[name]))


def reach(intervals, high) -> Fraction:
    """The least number from which closed intervals leave no gap up to ``high``; ``high`` if none.

    Parameters
    ----------
    intervals : pairs (first, last) of numbers, in any order
    high : number
    """
    sides = [tuple(map(Fraction, side)) for side in intervals]
    reached, before = Fraction(high), None
    while reached != before:
        before = reached
        reached = min([reached, *(a for a, b in sides if b >= reached)])
    return reached


def least(verdicts, which: str, rho: float, high, below: float = 1.0) -> Fraction:
    """From which |mu| on, up to ``high``, a map's factor on the ball is certified to be ``below``.

    Parameters
    ----------
    verdicts : dicts, of any kinds
    which : "EM", "G" or "step"
    rho : the ball's radius over |mu|
    high : number
    below : what a verdict's bound must be less than, to count
    """
    found = _of(verdicts, "contraction", map=which, rho=rho)
    return reach((v["statement"]["mu"] for v in found if v["bound"] < below), high)


def factor(verdicts, which: str, rho: float, low, high) -> float:
    """The largest factor of a map on the ball that is certified for |mu| in [low, high].

    Where verdicts overlap the smallest counts. Both ends are included.

    Raises
    ------
    Rejected : where the verdicts leave a gap
    """
    found = [
        (*_side(v["statement"], "mu"), v["bound"])
        for v in _of(verdicts, "contraction", map=which, rho=rho)
    ]
    low, high = Fraction(low), Fraction(high)
    cuts = {low, high} | {x for a, b, _ in found for x in (a, b) if low < x < high}
    worst = []
    for first, last in pairwise(sorted(cuts)) if low < high else [(low, high)]:
        here = [bound for a, b, bound in found if a <= first and last <= b]
        if not here:
            raise Rejected(f"mu: no verdict holds on [{float(first)}, {float(last)}]")
        worst.append(min(here))
    return max(worst)


def _length(verdicts) -> dict:
    """The statement on the length, if the boxes and the hand proofs leave nothing out."""
    for verdict in _of(verdicts, "length"):
        said = verdict["statement"]
        (mu_low, mu_high), (r_low, r_high) = _side(said, "mu"), _side(said, "r")
        corner = _side(said, "corner")
        if (
            verdict["bound"] <= 0
            and mu_low == 0
            and mu_high >= 1
            and r_low == 0
            and r_high >= EDGES["length r"]
            and corner[0] <= EDGES["length corner mu"]
            and corner[1] <= EDGES["length corner r"]
            and (said["settled"], said["fall"]) == (2, 1)  # the corner's hand proof is for these
        ):
            return said
    raise Rejected("length: no verdict reaches the hand proofs")


def _land(landings, start, rho) -> tuple[int, float] | None:
    """How many landings lead from x in ``start`` into the ball, and the least of their slopes.

    Balls round mu are nested, so the best next landing is the one with the smallest radius.
    """
    x, radius, slopes = start, None, []
    while radius is None or radius > rho:
        ahead = []
        for said in landings:
            low, high = _side(said, "x")
            if low <= x[0] and x[1] <= high:
                ahead.append((Fraction(said["radius"]), said["slope"]))
        if not ahead or (radius is not None and min(ahead)[0] >= radius):
            return None
        radius, slope = min(ahead)
        slopes.append(slope)
        x = (1 - radius, 1 + radius)
    return len(slopes), min(slopes)


def two_stages(verdicts, low=Fraction(1, 2), high=4, rho=0.25, enters=Fraction(1, 4)) -> Chain:
    """Theorem 7's chain: stage one's end, the landings, the ball that a step contracts.

    Stage one ends with x >= ``enters``, |(x, y)| at most the settled length, |y| <= slope x. From
    there landings must lead, each from where the one before ends, into the ball of radius rho |mu|
    of a contraction, for all |mu| of its interval; and such intervals must cover [low, high], both
    ends included.

    Raises
    ------
    Rejected : where a link is missing
    """
    said = _length(verdicts)
    start, slopes, pieces = (enters, Fraction(said["settled"])), [], []
    for verdict in _of(verdicts, "contraction", map="step", rho=rho):
        ball = verdict["statement"]
        first, last = _side(ball, "mu")
        if not (first < last and ball["kappa"] < 1):
            continue
        landings = [
            v["statement"]
            for v in _of(verdicts, "landing")
            if _side(v["statement"], "mu")[0] <= first and last <= _side(v["statement"], "mu")[1]
        ]
        found = _land(landings, start, Fraction(ball["rho"]))
        if found:
            pieces.append(Piece(*ball["mu"], found[0], ball["kappa"], ball["rho"]))
            slopes.append(found[1])
    pieces.sort()
    end = reach([piece[:2] for piece in pieces], high)
    if end > low or not pieces or pieces[-1].high < high:
        raise Rejected(f"mu: the chain leads from {float(end)} to {high}, must begin at {low}")
    return Chain(tuple(pieces), min(slopes), said["settled"], said["fall"])


def open_seams(verdicts) -> list[str]:
    """Which hand proofs begin beyond the end of the boxes; none if all is well.

    A name for each statement of the page that needs both: "expansion", "unit step", "length", and
    for Lemma 11 "contraction" with the map.
    """
    out = []

    def sides(statement, *names):
        return [_side(statement, name) for name in names]

    def within(wanted, side):
        return side[0] <= wanted[0] and wanted[1] <= side[1]

    wanted = EDGES["expansion near"], EDGES["expansion far"]
    found = [v for v in _of(verdicts, "expansion") if v["bound"] <= 6]
    if not any(within(wanted, _side(v["statement"], "e")) for v in found):
        out.append("expansion")
    found = [v for v in _of(verdicts, "unit_step") if v["bound"] <= 1]
    edges = [(0, EDGES["unit step m"]), (0, EDGES["unit step r"])]
    if not any(all(map(within, edges, sides(v["statement"], "m", "r"))) for v in found):
        out.append("unit step")
    try:
        _length(verdicts)
    except Rejected:
        out.append("length")
    for which in ("step", "EM", "G"):
        if least(verdicts, which, 0.5, EDGES["contraction"]) >= EDGES["contraction"]:
            out.append(f"contraction {which}")
    return out
