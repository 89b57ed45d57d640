"""Whether boxes cover a region."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import Rejected
from ddpm_gmm.certify.check import contraction
from ddpm_gmm.certify.check.cover import covered


@settings(max_examples=30)
@given(
    corner=st.tuples(*[st.integers(0, 3)] * 3),
    size=st.integers(1, 2),
)
def test_the_cover_is_decided_as_counting_cells_decides_it(corner, size):
    """Leaves are a 4 x 4 x 4 grid's cells, the half-disc is the region."""
    statement = {"mu": [1.0, 2.0], "rho": 0.5}
    kind = contraction
    cut = [Fraction(i, 4) for i in range(5)]
    cells = {
        (i, j, k): (
            (1 + cut[i], 1 + cut[i + 1]),
            (Fraction(1, 2) + cut[j], Fraction(1, 2) + cut[j + 1]),
            (cut[k] / 2, cut[k + 1] / 2),
        )
        for i in range(4)
        for j in range(4)
        for k in range(4)
    }
    gone = [
        key for key in cells if all(c <= x < c + size for c, x in zip(corner, key, strict=True))
    ]
    left = [box for key, box in cells.items() if key not in gone]
    needed = [key for key in gone if not kind.misses(statement, cells[key])]
    if needed:
        with pytest.raises(Rejected, match="no leaf covers"):
            covered(kind, statement, left)
    else:
        covered(kind, statement, left)
