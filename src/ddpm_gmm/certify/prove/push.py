"""The two numbers of a gradient step, P/m and Q, enclosed over whole balls of m and q.

A step is theta' = eta P mu + (1 - eta + eta Q) theta with P = T_0 + m T_1 + (q/2) T_2 and
Q = T_1 + m T_2 + (q/2) T_3. Both are of the form

    F(a, k) = a T_k + m T_{k+1} + (q/2) T_{k+2},    P = F(1, 0),    Q = F(1, 1),

and the form is closed: dF(a, k)/dm = F(a+1, k+1) and dF(a, k)/dq = F(a+1, k+2)/2. P is odd in m,
so P/m goes on through m = 0 as the mean over t in [0, 1] of F(2, 1) at (t m, q).
Derived in notebooks/explicit-constants.
"""

from fractions import Fraction
from math import factorial, inf
from typing import NamedTuple

from flint import arb

from ddpm_gmm.certify.prove import balls

HIGHEST = 5  # of the T_k that the slopes need


class Enclosure(NamedTuple):
    """A function of (m, q): a ball for its values, and balls for its two slopes."""

    value: arb
    in_m: arb
    in_q: arb


def form(a: int, k: int, T: list, m, q):
    """F(a, k) = a T_k + m T_{k+1} + (q/2) T_{k+2}."""
    return a * T[k] + m * T[k + 1] + q / 2 * T[k + 2]


def _mean_value(at, in_m, in_q, dm, dq):
    return Enclosure(at + in_m * dm + in_q * dq, in_m, in_q)


def over(m, q, m0, q0) -> tuple:
    """P/m and Q over the balls m >= 0 and q >= 0, and their values at (m0, q0), a point of them.

    The mean-value form in (m, q). The slopes of V = P/m are (P_m - V)/m and P_q/m where m is
    away from 0; otherwise int_0^1 t P_mm(t m, q) dt = m int_0^1 t^2 F(4, 3)(t' m, q) dt with
    t' in [0, 1], and int_0^1 F(3, 3)(t m, q) dt / 2.
    """
    dm, dq = m - m0, q - q0
    T0 = balls.at(m0, q0, HIGHEST + 3)
    T = balls.over(T0, m, q, dm, dq, HIGHEST)
    drag0 = form(1, 1, T0, m0, q0)
    drag = _mean_value(drag0, form(2, 2, T, m, q), form(2, 3, T, m, q) / 2, dm, dq)

    push_m, push_q = form(2, 1, T, m, q), form(2, 2, T, m, q) / 2
    push0 = form(1, 0, T0, m0, q0) / m0 if m0 > 0 else form(2, 1, T0, m0, q0)
    high = m.upper()
    if m.lower() > high / 2:
        push = (form(1, 0, T0, m0, q0) + push_m * dm + push_q * dq) / m
        in_m, in_q = (push_m - push) / m, push_q / m
    else:
        half = (high / 2).mid()
        below = balls.ball(0, high)  # every t m
        T = balls.at(half, q0, HIGHEST + 3)
        T = balls.over(T, below, q, below - half, dq, HIGHEST)
        in_m, in_q = m * form(4, 3, T, below, q) / 3, form(3, 3, T, below, q) / 2
    return _mean_value(push0, in_m, in_q, dm, dq), drag, push0, drag0


def _share(n: int, i: int, of: str) -> Fraction:
    """The coefficient of a_{2n+1} m^{2i} q^{n-i} in P/m or Q, see :func:`series`."""
    j = n - i
    if of == "P/m":
        return Fraction(2 * i + 2 + j, factorial(2 * i + 1) * 2**j * factorial(j))
    return Fraction(2 * i + 1 + j, factorial(2 * i) * 2**j * factorial(j))


def series(of: str, order: int) -> dict[tuple[int, int], tuple[Fraction, Fraction]]:
    """The expansion of "P/m" or "Q" about (0, 0), {(i, j): (value, error)}, exact.

    With a_k = tanh^{(k)}(0) and the exact shares w_ij (of P/m) and v_ij (of Q),

        Q = sum_{i+j<J} a_{2(i+j)+1} v_ij m^{2i} q^j + a_{2J+1} E,
        |E| <= sum_{i+j=J} v_ij m^{2i} q^j,

    for every m and q >= 0, and likewise P/m: Taylor's formula in q and then in m, where
    |T_k| <= |a_k| for odd k bounds what is left. The coefficient of m^{2i} q^j is ``value``
    up to ``error``, and one of them is zero.
    """
    out = {}
    for n in range(order + 1):
        a = balls.derivative(2 * n + 1)[0]
        for i in range(n + 1):
            c = a * _share(n, i, of)
            out[i, n - i] = (c, Fraction(0)) if n < order else (Fraction(0), abs(c))
    return out


def saved(size, box) -> list[float]:
    """What shrinking each side of the box to its middle takes off the bound ``size(box)``.

    The side's own length where there is no bound yet, so that the longest is cut.
    """
    whole, out = size(box), []
    for side, (low, high) in enumerate(box):
        middle = (low + high) / 2
        thin = (*box[:side], (middle, middle), *box[side + 1 :])
        out.append(float(whole - size(thin)) if whole < inf else high - low)
    return out
