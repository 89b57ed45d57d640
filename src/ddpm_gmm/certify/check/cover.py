"""Whether boxes cover a region, decided by exact fractions."""

from fractions import Fraction
from math import lcm

from ddpm_gmm.certify.check.fields import Rejected


def covered(kind, statement: dict, leaves: list) -> None:
    """Raise unless every point of the region lies in a leaf (all closed).

    A box inside a leaf is covered. A box that no leaf enters must miss the region. Any other is cut
    along the face of a leaf that goes through it, the one nearest to its middle.
    """

    region = kind.region(statement)
    unit = lcm(*(x.denominator for box in (region, *leaves) for side in box for x in side))

    def whole(box):  # in integers, exactly
        return tuple((int(low * unit), int(high * unit)) for low, high in box)

    def enters(leaf, box):
        for (a, b), (low, high) in zip(leaf, box, strict=True):
            if not ((a < high and b > low) or (low == high and a <= low <= b)):
                return False
        return True

    todo = [(whole(region), [whole(leaf) for leaf in leaves])]
    while todo:
        box, near = todo.pop()
        near = [leaf for leaf in near if enters(leaf, box)]
        if any(
            all(a <= low and high <= b for (a, b), (low, high) in zip(leaf, box, strict=True))
            for leaf in near
        ):
            continue
        exact = tuple((Fraction(low, unit), Fraction(high, unit)) for low, high in box)
        if kind.misses(statement, exact):
            continue
        cuts = [
            (abs(2 * cut - low - high) / (high - low), side, cut)
            for leaf in near
            for side, (low, high) in enumerate(box)
            for cut in leaf[side]
            if low < cut < high
        ]
        if not cuts:
            where = ", ".join(f"[{float(low)}, {float(high)}]" for low, high in exact)
            raise Rejected(f"leaves: no leaf covers the part {where} of the region")
        _, side, cut = min(cuts)
        for part in ((box[side][0], cut), (cut, box[side][1])):
            todo.append(((*box[:side], part, *box[side + 1 :]), near))
