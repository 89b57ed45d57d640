"""What the chapter on explicit constants alone needs: whether certificates leave a gap."""


def covers(intervals, low: float, high: float) -> bool:
    """Whether closed intervals cover [low, high], its two ends included; exact, without rounding.

    Parameters
    ----------
    intervals : pairs (first, last), in any order
    low, high : floats
    """
    reached = low
    for first, last in sorted(intervals):
        if first > reached:
            return False
        reached = max(reached, last)
    return bool(reached >= high)
