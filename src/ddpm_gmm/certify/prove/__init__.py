"""The prover: bounds on boxes, found by subdivision. Imports nothing of the checker.

The modules, bottom up:

``balls``        enclosures of T_k = E tanh^{(k)}(u) and of tilted integrals
``forms``        mean-value forms: a formula enclosed over a whole box
``boxes``        a bound proved on a region by subdivision
``push``         the two numbers of a gradient step, near the origin too
``contraction``  Lemma 11: a step contracts a ball
``expansion``    Lemma 8: a step at high noise is a power-iteration step
``turning``      Lemma 9: the tangent of the angle falls by a factor
``unit_step``    Lemma 9: by 1 + 2 |mu|^2 for a unit step, at every |mu|
``length``       Theorem 7: the length comes down
``landing``      Theorem 7: the iterate lands in a ball round mu
``two_stages``   Theorem 7: the numbers of steps
"""

from flint import ctx

from ddpm_gmm.certify.prove import (
    boxes,
    contraction,
    expansion,
    landing,
    length,
    turning,
    two_stages,
    unit_step,
)
from ddpm_gmm.certify.prove.boxes import NotProved

__all__ = ["KINDS", "PRECISION", "NotProved", "prove", "statements"]

PRECISION = 80  # bits
KINDS = {
    "contraction": contraction,
    "expansion": expansion,
    "turning": turning,
    "unit_step": unit_step,
    "length": length,
    "landing": landing,
}


def statements() -> dict[str, dict]:
    """What the book proves, {name: statement}."""
    rooms = *KINDS.values(), two_stages
    return {name: s for room in rooms for name, s in room.statements().items()}


def prove(statement: dict, most: int = 50_000, progress=None):
    """Leaves that prove the statement, see :func:`ddpm_gmm.certify.prove.boxes.prove`."""
    kind = KINDS.get(statement.get("kind"))
    if kind is None:
        raise ValueError(f"kind: got {statement.get('kind')!r}, must be one of {', '.join(KINDS)}")
    with ctx.workprec(PRECISION):
        return boxes.prove(kind, statement, most, progress)
