"""Whether a bound holds on a box: enclosed anew, and bisected where the enclosure is too loose."""

from ddpm_gmm.certify.check.fields import Rejected

PARTS = 256  # how many boxes a leaf may take


def _weakest(kind, statement: dict, box) -> int:
    """The side that costs most: with it shrunk to its middle the bound is least."""
    highs = []
    for side, (low, high) in enumerate(box):
        middle = (low + high) / 2
        thin = (*box[:side], (middle, middle), *box[side + 1 :])
        highs.append((kind.bound(statement, thin)[1], low - high, side))
    return min(highs)[2]


def confirmed(kind, statement: dict, number: int, box, bound) -> int:
    """Raise unless the bound holds on the box; how many enclosures that took."""
    todo, taken = [box], 0
    while todo:
        following = []
        for part in todo:
            taken += 1
            low, high = kind.bound(statement, part)
            if low > bound:
                raise Rejected(
                    f"leaves[{number}]: its bound {bound!r} is false, at the middle of {part} the"
                    f" value is at least {float(low)!r}"
                )
            if high <= bound:
                continue
            side = _weakest(kind, statement, part)
            a, b = part[side]
            middle = (a + b) / 2
            following += [
                (*part[:side], half, *part[side + 1 :]) for half in ((a, middle), (middle, b))
            ]
        todo = following
        if taken + len(todo) > PARTS:
            raise Rejected(
                f"leaves[{number}]: its bound {bound!r} could not be confirmed on {part} with"
                f" {taken} boxes, the enclosure there goes up to {float(high)!r}"
            )
    return taken
