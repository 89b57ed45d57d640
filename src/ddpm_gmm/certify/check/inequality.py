"""What an inequality of a hand proof is, and how balls confirm it.

A hand proof says "at most 2.9" or "more than 0.18". Such a sentence is a formula, the ranges of its
variables and a constant; it is confirmed on a box that is bisected where balls are too wide.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product
from typing import NamedTuple

from flint import arb, ctx

PRECISION = 64  # bits
PARTS = 4096  # boxes that one inequality may take


class Inequality(NamedTuple):
    """That ``formula`` is at most ``most`` for all arguments in ``ranges``.

    ``false`` is a smaller constant, which it exceeds somewhere.
    """

    formula: Callable
    ranges: tuple
    most: str
    false: str

    @property
    def place(self) -> str:
        """Where it stands in which hand proof."""
        return self.formula.__doc__


def entered(register: dict, name: str, most: str, false: str, **ranges):
    """Enter the formula that is decorated into the register; a range is (low, high)."""

    def enter(formula):
        sides = tuple(tuple(map(Fraction, side)) for side in ranges.values())
        register[name] = Inequality(formula, sides, most, false)
        return formula

    return enter


def ball(low: Fraction, high: Fraction):
    """A ball that holds [low, high]."""
    ends = arb(low.numerator) / low.denominator, arb(high.numerator) / high.denominator
    return ends[0].union(ends[1])


def confirmed(inequality: Inequality, most: str | None = None) -> bool:
    """Whether the inequality holds on its whole range, by balls; with another constant if given.

    False where it is disproved at a corner of a box, or not decided within ``PARTS`` boxes.
    """
    with ctx.workprec(PRECISION):
        limit, todo = arb(most or inequality.most), [inequality.ranges]
        for taken in range(PARTS):
            if not todo:
                return taken > 0
            box = todo.pop()
            if inequality.formula(*(ball(*side) for side in box)) <= limit:
                continue
            if any(
                inequality.formula(*map(ball, corner, corner)) > limit for corner in product(*box)
            ):
                return False
            side = max(range(len(box)), key=lambda i: box[i][1] - box[i][0], default=None)
            if side is None or box[side][0] == box[side][1]:
                return False
            low, high = box[side]
            for half in pairwise((low, (low + high) / 2, high)):
                todo.append((*box[:side], half, *box[side + 1 :]))
    return False
