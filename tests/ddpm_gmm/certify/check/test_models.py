"""Taylor models hold the function, also where their arguments are models with a rest themselves."""

import numpy as np
import pytest
from flint import arb

from ddpm_gmm.certify.check.models import Model, taylor

# x = x0 + a e + something of size <= p, and the same for y, with e in [-1, 1].
CASES = [
    (0.3, 0.5, 0.4, -0.2, 0.1, 0.3),
    (0.0, 1.0, 1.0, 0.0, 0.0, 0.0),
    (1.0, 0.2, 0.7, 0.5, 0.6, 0.2),
]


@pytest.mark.parametrize(("x0", "a", "p", "y0", "b", "q"), CASES)
def test_the_rest_holds_a_square_form_on_all_that_its_arguments_may_be(x0, a, p, y0, b, q):
    # f = x^2 + 3 x y - y^2, whose second derivatives are 2, 3 and -2.
    x, y = (Model(arb(v), [arb(s)], arb(r)) for v, s, r in ((x0, a, p), (y0, b, q)))
    value = arb(x0**2 + 3 * x0 * y0 - y0**2)
    in_x, in_y = arb(2 * x0 + 3 * y0), arb(3 * x0 - 2 * y0)
    model = taylor(x, y, value, in_x, in_y, arb(2), arb(3), arb(2))
    e, u, v = np.meshgrid(*3 * [np.linspace(-1, 1, 41)])
    at_x, at_y = x0 + a * e + p * u, y0 + b * e + q * v
    linear = float(model.value) + float(model.slopes[0]) * e
    worst = np.abs(at_x**2 + 3 * at_x * at_y - at_y**2 - linear).max()
    assert worst <= float(model.rest) * (1 + 1e-12)


def test_a_square_at_both_ends_of_its_argument_needs_the_whole_rest():
    # x = e + u with |u| <= 1 is anything of size 2: x^2 goes up to 4, with no slope to help.
    x = Model(arb(0), [arb(1)], arb(1))
    zero = Model(arb(0), [arb(0)], arb(0))
    model = taylor(x, zero, arb(0), arb(0), arb(0), arb(2), arb(0), arb(0))
    assert float(model.rest) == pytest.approx(4, rel=1e-12)
