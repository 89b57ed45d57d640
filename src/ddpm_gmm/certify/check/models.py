"""Taylor models: a function on a box as a linear polynomial with a bound on the rest.

The rest is bounded by second derivatives over the box; the prover uses ranges of slopes. Derived in
notebooks/explicit-constants.
"""

from itertools import product

from flint import arb


class Model:
    """value + sum_i slopes_i e_i + something of size <= rest, for e_i in [-1, 1]."""

    __slots__ = ("rest", "slopes", "value")

    def __init__(self, value, slopes, rest):
        self.value, self.slopes, self.rest = value, slopes, rest

    def __add__(self, other):
        if not isinstance(other, Model):
            return Model(self.value + other, self.slopes, self.rest)
        slopes = [a + b for a, b in zip(self.slopes, other.slopes, strict=True)]
        return Model(self.value + other.value, slopes, self.rest + other.rest)

    def __mul__(self, other):
        if not isinstance(other, Model):
            other = arb(other)
            slopes = [a * other for a in self.slopes]
            return Model(self.value * other, slopes, self.rest * other.abs_upper())
        slopes = [
            self.value * b + a * other.value for a, b in zip(self.slopes, other.slopes, strict=True)
        ]
        a, b = self.linear(), other.linear()
        rest = (
            a * b
            + self.rest * (other.value.abs_upper() + b + other.rest)
            + other.rest * (self.value.abs_upper() + a)
        )
        return Model(self.value * other.value, slopes, rest.upper())

    __radd__, __rmul__ = __add__, __mul__

    def through(self, f, slope, second):
        """f(self), by Taylor's formula: ``second`` is f'' and is evaluated on the whole range."""
        steep = slope(self.value)
        far = self.linear() + self.rest
        rest = steep.abs_upper() * self.rest + second(self.ball()).abs_upper() * far**2 / 2
        return Model(f(self.value), [steep * a for a in self.slopes], rest.upper())

    def exp(self):
        return self.through(arb.exp, arb.exp, arb.exp)

    def sqrt(self):
        return self.through(
            arb.sqrt, lambda v: 1 / (2 * v.sqrt()), lambda v: -1 / (4 * v * v.sqrt())
        )

    def inverse(self):
        return self.through(lambda v: 1 / v, lambda v: -1 / v**2, lambda v: 2 / v**3)

    def linear(self):
        """The largest size of the linear part."""
        return sum((a.abs_upper() for a in self.slopes), arb(0)).upper()

    def ball(self):
        """Every value that the function takes on the box."""
        return self.value + arb(0, (self.linear() + self.rest).upper())


def coordinates(box) -> list[Model]:
    """The coordinates of a box [(low, high), ...] as models."""
    out = []
    for i, (low, high) in enumerate(box):
        slopes = [arb(0)] * len(box)
        slopes[i] = (arb(high) - arb(low)) / 2
        out.append(Model((arb(low) + arb(high)) / 2, slopes, arb(0)))
    return out


def taylor(x: Model, y: Model, value, in_x, in_y, xx, xy, yy) -> Model:
    """f(x, y) from value and slopes in the middle and bounds xx, xy, yy on |second derivatives|."""
    slopes = [in_x * a + in_y * b for a, b in zip(x.slopes, y.slopes, strict=True)]
    M, N = ((v.linear() + v.rest).upper() for v in (x, y))
    second = (xx * M**2 + 2 * xy * M * N + yy * N**2) / 2
    rest = second + in_x.abs_upper() * x.rest + in_y.abs_upper() * y.rest
    return Model(value, slopes, rest.upper())


def norm(a: Model, b: Model, d: Model, across: Model):
    """The norm of [[a, b], [b, d]] and ``across``: low at the middle, high on the box.

    The norm is convex, so its linear part is largest at a corner; the rests are added as the norm
    of the matrix of their sizes.
    """

    def above(a, b, d, across):
        root = (((a - d) / 2).abs_upper() ** 2 + b.abs_upper() ** 2).sqrt()
        return max((((a + d) / 2).abs_upper() + root).upper(), across.abs_upper())

    models = (a, b, d, across)
    if not all(M.ball().is_finite() for M in models):  # max() below would pass over a NaN
        return arb(0), arb("+inf")
    sides = range(len(a.slopes))
    used = [i for i in sides if not all(M.slopes[i].is_zero() for M in models)]
    most = arb(0)
    for signs in product((-1, 1), repeat=len(used)):
        corner = [
            M.value + sum((M.slopes[i] * e for i, e in zip(used, signs, strict=True)), arb(0))
            for M in models
        ]
        most = max(most, above(*corner))
    A, B, D, C = (M.value for M in models)
    root = (((A - D) / 2).abs_lower() ** 2 + B.abs_lower() ** 2).sqrt()
    low = max((((A + D) / 2).abs_lower() + root).lower(), C.abs_lower())
    return low, (most + above(*(M.rest for M in models))).upper()
