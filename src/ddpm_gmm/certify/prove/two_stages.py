"""Theorem 7 for the exact dynamics: how many unit steps, from a random start to within eps.

Composes the certified statements (``length``, ``landing``, ``contraction``) with the inequalities
derived in notebooks/lemma-09, lemma-10 and explicit-constants. mu is the centre's length at time
zero; at noise scale t everything is e^{-t} times as long. The step size is 1 in both stages.
"""

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from flint import arb

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, landing, length

SHRINKS = 23  # 1/r'^2 <= 1/r^2 + 23 from every theta, for |mu| <= 1: by hand


class Chain(NamedTuple):
    """Pieces (low, high, landings, kappa, rho) of |mu|, and what of stage one was certified."""

    pieces: tuple
    slope: float
    settled: float
    fall: float


class Steps(NamedTuple):
    """The counts of steps of the two stages, and a bound on the probability of failure."""

    first: int
    second: int
    failure: float


def statements() -> dict[str, dict]:
    """The contractions that end stage two, {name: statement}: the step's, on the pieces' balls."""
    return {
        f"two-stages-{low:g}-{high:g}": {
            "kind": "contraction",
            "map": "step",
            "mu": [low, high],
            "rho": 0.25,
            "kappa": kappa,
        }
        for low, high, kappa in (
            (0.5, 0.6875, 0.875),
            (0.6875, 1.0, 0.6875),
            (1.0, 2.0, 0.4375),
            (2.0, 4.0, 0.1875),
        )
    }


def links(contraction: dict, landings: list[dict], settled: float) -> int:
    """The number of landings that lead from the end of stage one into the contraction's ball.

    Raises
    ------
    ValueError : if a statement does not begin where the one before it ends
    """
    low, high = Fraction(1, 4), Fraction(settled)
    for statement in landings:
        x = [Fraction(v) for v in statement["x"]]
        if statement["mu"] != contraction["mu"] or not (x[0] <= low and high <= x[1]):
            raise ValueError(
                f"landings: got x {statement['x']} at mu {statement['mu']}, must hold"
                f" [{float(low):g}, {float(high):g}] at mu {contraction['mu']}"
            )
        radius = Fraction(statement["radius"])
        low, high = 1 - radius, 1 + radius
    if high - 1 > Fraction(contraction["rho"]):
        raise ValueError(
            f"landings: got a last radius {float(high - 1):g}, must be <= {contraction['rho']:g}"
        )
    return len(landings)


def linked() -> Chain:
    """The book's own statements as a chain; the checker makes one of what it accepted."""
    (length_,) = length.statements().values()
    pieces = []
    for piece in sorted(statements().values(), key=lambda piece: piece["mu"]):
        landings = [s for s in landing.statements().values() if s["mu"] == piece["mu"]]
        count = links(piece, landings, length_["settled"])
        pieces.append((*piece["mu"], count, piece["kappa"], piece["rho"]))
    slope = min(s["slope"] for s in landing.statements().values())
    return Chain(tuple(pieces), slope, length_["settled"], length_["fall"])


def _at_least(x) -> int:
    """The least whole number that no point of the ball x exceeds, and 0 at the least."""
    return max(0, int(x.upper().ceil().unique_fmpz()))


def steps(mu, d: int, delta: float, eps: float, t1: float, t2: float, chain=None) -> Steps:
    """Unit steps at t1, then at t2, that lead from theta ~ N(0, I_d) to within eps of mu or -mu.

    With s = |mu| e^{-t1} and y = e^{2 t1} e / (d delta^{4/d}) >= 1/|theta_{t1}|^2 at the start,

        turn   = ceil(log(sqrt(d)/delta) / log(1 + 2 s^2))    to 45 degrees
        grow   = ceil(log(s sqrt(2 (y + 23 turn)) / 4) / log(1 + 15/16 s^2))
        narrow = ceil(log(sqrt(d)/(delta slope)) / log(1 + 2 s^2))
        settle = ceil(1 / (c^2 f s^2))
        first  = max(turn + grow, narrow, 1 + settle)
        second = landings + ceil(log(rho |mu| / eps) / log(1 / kappa))

    except with probability at most sqrt(2/pi) delta + delta^2. The counts hold for every |mu|
    in the interval, and more steps do no harm.

    Parameters
    ----------
    mu : (low, high), the centre's length at time zero
    d : int, at least 3
    delta : float in (0, 1)
    eps : float, the distance aimed at, in the units of time zero
    t1, t2 : floats, the noise scales: |mu| e^{-t1} <= 1, |mu| e^{-t2} in the certified range
    chain : the links, as the checker found them; those of :func:`linked` if None

    Raises
    ------
    ValueError : outside the theorem's hypotheses
    """
    low, high = (check.number("mu", v, above=0) for v in mu)
    d = check.count("d", d, least=3)
    delta = check.number("delta", delta, above=0)
    eps = check.number("eps", eps, above=0)
    t1, t2 = check.number("t1", t1, least=0), check.number("t2", t2, least=0)
    if low > high:
        raise ValueError(f"mu: got ({low:g}, {high:g}), must be (low, high) with low <= high")
    if delta >= 1:
        raise ValueError(f"delta: got {delta:g}, must be < 1")
    delta, chain = arb(delta), chain or linked()
    return Steps(
        _first(chain, arb(low), arb(high), d, delta, t1),
        _second(chain, arb(low), arb(high), arb(eps), t2),
        balls.above((2 / arb.pi()).sqrt() * delta + delta**2),
    )


def _first(chain, low, high, d, delta, t1):
    shrink = (-arb(t1)).exp()
    least, most = low * shrink, high * shrink
    if not most <= 1:
        raise ValueError(f"t1: got {t1:g}, must be >= log |mu| = {balls.above(high.log()):.6g}")
    tangent = arb(d).sqrt() / delta
    per_turn = (1 + 2 * least**2).log()
    turn = _at_least(tangent.log() / per_turn)
    short = arb(1).exp() / (d * shrink**2 * delta ** (arb(4) / d)) + SHRINKS * turn
    grow = _at_least((most * (2 * short).sqrt() / 4).log() / (1 + arb(15) / 16 * least**2).log())
    narrow = _at_least((tangent / chain.slope).log() / per_turn)
    settle = _at_least(1 / (arb(chain.settled) ** 2 * chain.fall * least**2))
    return max(turn + grow, narrow, 1 + settle)


def _second(chain, low, high, eps, t2):
    shrink = (-arb(t2)).exp()
    least, most = low * shrink, high * shrink
    first, last = chain.pieces[0][0], max(piece[1] for piece in chain.pieces)
    gaps = any(a[1] < b[0] for a, b in pairwise(chain.pieces))
    if gaps or not (least >= first and most <= last):
        raise ValueError(
            f"t2: got {t2:g}, so |mu| e^(-t2) in [{float(least):.6g}, {float(most):.6g}],"
            f" must be within [{first:g}, {last:g}]"
        )
    counts = []
    for first, last, landings, kappa, rho in chain.pieces:
        if last < least or first > most:
            continue
        contract = (rho * high / eps).log() / -arb(kappa).log()
        counts.append(landings + _at_least(contract))
    return max(counts)
