"""Intervals that must leave no gap."""

import numpy as np
import pytest

from explicit_constants import covers


@pytest.mark.parametrize(
    "intervals, whole",
    [
        ([(1, 2), (2, 4)], True),
        ([(2, 4), (1, 2)], True),
        ([(0, 3), (1, 2), (3, 5)], True),  # one inside another, ends beyond
        ([(1, 4)], True),
        ([(1, 2), (3, 4)], False),
        ([(1, 2), (np.nextafter(2, 3), 4)], False),  # a gap of one rounding
        ([(np.nextafter(1, 2), 4)], False),  # begins late
        ([(1, np.nextafter(4, 3))], False),  # ends early
        ([(4, 5)], False),
        ([], False),
    ],
)
def test_a_gap_is_seen_wherever_it_is(intervals, whole):
    assert covers(intervals, 1.0, 4.0) is whole
