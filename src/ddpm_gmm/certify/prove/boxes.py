"""Proof by subdivision: a bound that holds on each box of a cover holds on the whole region.

A statement is a dict of a kind and of numbers, all of them binary fractions that a float holds
exactly. A *kind* is a module with

    TARGET                        the statement's key of the number that the bound must not exceed
    region(statement)             the boxes that cover the region, tuples of pairs (low, high)
    outside(statement, box)       whether the box misses the region, decided exactly
    bound(statement, box)         an upper bound over the box, and how much each side adds to it

What is left of a proof is its *leaves*: the boxes, each with its bound. Derived in
notebooks/explicit-constants.
"""

Box = tuple[tuple[float, float], ...]

SMALLEST = 2.0**-30  # of a side: around a counterexample no box is small enough


class NotProved(ValueError):
    """The statement is false, or the boxes got too many or too small; ``bound`` is the last one."""

    bound: float = float("nan")


def halves(box: Box, side: int) -> tuple[Box, Box]:
    """The box cut in the middle of one of its sides."""
    low, high = box[side]
    middle = (low + high) / 2
    return tuple((*box[:side], part, *box[side + 1 :]) for part in ((low, middle), (middle, high)))


def prove(kind, statement: dict, most: int = 50_000, progress=None) -> list[tuple[Box, float]]:
    """Leaves that prove the statement: boxes that cover its region, with bounds <= its target.

    A box whose bound is too large is halved across the side that adds most to the bound.

    Parameters
    ----------
    kind : module, as described above
    statement : dict
    most : int, how many boxes may be looked at
    progress : callable or None; called with the share of the region's volume that is done

    Raises
    ------
    NotProved : with the box at which it failed
    """
    target = statement[kind.TARGET]
    todo = [(box, 1.0) for box in reversed(kind.region(statement))]
    whole, finished, looked_at, leaves = float(len(todo)), 0.0, 0, []
    while todo:
        box, volume = todo.pop()
        looked_at += 1
        if kind.outside(statement, box):
            finished += volume
            continue
        bound, adds = kind.bound(statement, box)
        if bound <= target:  # false for NaN
            leaves.append((box, bound))
            finished += volume
        else:
            side = max(range(len(box)), key=lambda i: (adds[i], box[i][1] - box[i][0]))
            low, high = box[side]
            if looked_at >= most or high - low < SMALLEST:
                raise _not_proved(statement, looked_at, box, bound, target)
            todo += [(half, volume / 2) for half in reversed(halves(box, side))]
        if progress and looked_at % 64 == 0:
            progress(finished / whole)
    return leaves


def _not_proved(statement, looked_at, box, bound, target):
    error = NotProved(
        f"{statement}: not proved after {looked_at} boxes: on {box} the bound is {bound:.6g},"
        f" must be <= {target:g}"
    )
    error.bound = bound
    return error
