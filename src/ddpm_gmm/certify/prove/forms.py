"""Arithmetic with mean-value forms: a formula, written once, is enclosed over a whole box.

For f on a box with middle c, f(box) lies in f(c) + sum_i d_i f(box) (box_i - c_i). A
:class:`Form` carries f(c), the ranges of the slopes d_i f and the range of f over the box, all of
them balls, through sums, products and functions. The range it keeps is the smaller of the plain
one and the mean-value one, which errs by the square of the box's size only.
"""

from math import inf, isfinite

from flint import arb

from ddpm_gmm.certify.prove import balls


class Form:
    """A function on a box: ``middle`` value, ``slopes`` and ``range`` over the box, ``moves``."""

    __slots__ = ("middle", "moves", "range", "slopes")

    def __init__(self, middle, slopes, plain, moves):
        self.middle, self.slopes, self.moves = middle, slopes, moves
        mean_value = middle
        for slope, move in zip(slopes, moves, strict=True):
            mean_value += slope * move
        self.range = plain.intersection(mean_value)

    def __add__(self, other):
        if not isinstance(other, Form):
            return Form(self.middle + other, self.slopes, self.range + other, self.moves)
        slopes = [a + b for a, b in zip(self.slopes, other.slopes, strict=True)]
        return Form(self.middle + other.middle, slopes, self.range + other.range, self.moves)

    def __mul__(self, other):
        if not isinstance(other, Form):
            slopes = [a * other for a in self.slopes]
            return Form(self.middle * other, slopes, self.range * other, self.moves)
        slopes = [
            a * other.range + self.range * b for a, b in zip(self.slopes, other.slopes, strict=True)
        ]
        return Form(self.middle * other.middle, slopes, self.range * other.range, self.moves)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        if not isinstance(other, Form):
            return self * (1 / arb(other))
        return self * other.reciprocal()

    def __rtruediv__(self, other):
        return self.reciprocal() * other

    def through(self, f, slope):
        """f(self), for a function f with derivative ``slope``, both monotone over the range."""
        ends = self.range.lower(), self.range.upper()
        plain, steep = (balls.ball(*map(g, ends)) for g in (f, slope))
        return Form(f(self.middle), [steep * a for a in self.slopes], plain, self.moves)

    def reciprocal(self):
        if self.range.contains(0):  # not monotone across the pole, which the ends do not show
            nan = arb.nan()
            return Form(nan, [nan for _ in self.slopes], nan, self.moves)
        return self.through(lambda v: 1 / v, lambda v: -1 / v**2)

    def square(self):
        plain = balls.ball(self.range.abs_lower() ** 2, self.range.abs_upper() ** 2)
        slopes = [2 * self.range * a for a in self.slopes]
        return Form(self.middle**2, slopes, plain, self.moves)

    def exp(self):
        return self.through(lambda v: v.exp(), lambda v: v.exp())

    def sqrt(self):
        return self.through(lambda v: v.sqrt(), lambda v: 1 / (2 * v.sqrt()))


def variables(box) -> list[Form]:
    """The coordinates of a box, a form each."""
    middles = [(arb(low) + arb(high)) / 2 for low, high in box]
    ranges = [balls.ball(low, high) for low, high in box]
    moves = [range - middle for range, middle in zip(ranges, middles, strict=True)]
    units = [[arb(int(i == j)) for j in range(len(box))] for i in range(len(box))]
    return [Form(*parts, moves) for parts in zip(middles, units, ranges, strict=True)]


def of_two(a: Form, b: Form, middle, plain, by_a, by_b) -> Form:
    """A function of two forms, from its value, its range and the ranges of its derivatives."""
    slopes = [by_a * x + by_b * y for x, y in zip(a.slopes, b.slopes, strict=True)]
    return Form(middle, slopes, plain, a.moves)


def moments(m: Form, q: Form, highest: int) -> list[Form]:
    """T_0, ..., T_highest as forms: dT_k = T_{k+1} dm + T_{k+2} dq/2."""
    T = balls.at(m.middle, q.middle, highest + 5)
    over = balls.over(T, m.range, q.range, m.range - m.middle, q.range - q.middle, highest + 2)
    return [of_two(m, q, T[k], over[k], over[k + 1], over[k + 2] / 2) for k in range(highest + 1)]


def tilted(eta: Form, beta: Form, highest: int) -> list[Form]:
    """I_0, ..., I_highest as forms: dI_j = I_{j+1} d eta - I_{j+2} d beta, for eta >= 0.

    The caller vouches for eta >= 0; where its range is too wide, what is below 0 is cut off.

    For eta >= 0 every I_j grows with eta and falls with beta: u^j e^{eta u} counts as u^j cosh(eta
    u) for even j and as u^j sinh(eta u) for odd j. So two corners give the range.
    """
    middle = balls.tilted(eta.middle, beta.middle, highest)
    least = balls.tilted(eta.range.lower().max(arb(0)), beta.range.upper(), highest + 2)
    most = balls.tilted(eta.range.upper(), beta.range.lower(), highest + 2)
    over = [a.union(b) for a, b in zip(least, most, strict=True)]
    return [
        of_two(eta, beta, middle[j], over[j], over[j + 1], -over[j + 2]) for j in range(highest + 1)
    ]


def adds(parts: list[Form]) -> list[float]:
    """How much each side of the box adds to the ranges of some forms, to choose where to cut.

    Infinite where a range has no bound, so that a wide box is cut across its widest side.
    """
    out = []
    for i in range(len(parts[0].moves)):
        total = sum(float((f.slopes[i].abs_upper() * f.moves[i].rad()).mid()) for f in parts)
        out.append(total if isfinite(total) else inf)
    return out
