"""Checks a certificate: an independent proof of what its boxes and bounds say.

A certificate is a dict, as read from JSON,

    statement   the kind, and the kind's numbers
    leaves      [[low, high, low, high, ..., bound], ...], boxes with bounds
    precision, versions   what made it
    sha256      the digest of everything else

It is accepted if the digest is right, if the boxes cover the statement's region, exactly, and if
every bound holds on its box and does not exceed the statement's target. Nothing here comes from the
modules that make certificates: the cover is decided in another way, every bound is enclosed anew
(:mod:`ddpm_gmm.certify.verifier_enclosures`), the formulas were derived again, and where an
enclosure is too loose the box is bisected here. Derived in notebooks/explicit-constants.
"""

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import factorial, isfinite, lcm
from typing import NamedTuple

from flint import arb, ctx

from ddpm_gmm.certify.verifier_enclosures import (
    Model,
    coordinates,
    derivative,
    expectations,
    forms,
    quotient,
    tilted_moments,
)

PRECISION = 64  # bits
FAR = 1.5  # of |theta| along mu, from where on the tilted moments are the better enclosure
PARTS = 256  # how many boxes a leaf may take


class Rejected(ValueError):
    """The certificate does not prove its statement; the message says why."""


class Kind(NamedTuple):
    """What a kind of statement means."""

    sides: int  # of a box
    target: str  # the statement's number that no bound may exceed
    check: Callable  # check(statement) raises Rejected unless its fields are as they must be
    region: Callable  # region(statement): a box of Fractions that holds the region
    misses: Callable  # misses(statement, box): whether a closed box misses the region, exactly
    bound: Callable  # bound(statement, box): from below at the middle, from above on the box


def _number(name: str, x) -> float:
    whole = type(x) is int and abs(x) <= 2**53
    if not whole and not (type(x) is float and isfinite(x)):
        raise Rejected(f"{name}: got {repr(x)[:40]}, must be a finite number that a float holds")
    return float(x)


def _fields(name: str, x, fields) -> None:
    if not isinstance(x, dict) or set(x) != set(fields):
        got = sorted(map(str, x)) if isinstance(x, dict) else x
        raise Rejected(f"{name}: got {got!r}, must have exactly the fields {sorted(fields)}")


def _interval(name: str, x, least=0) -> None:
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise Rejected(f"{name}: got {x!r}, must be [low, high]")
    low, high = (_number(name, end) for end in x)
    if not least <= low <= high:
        raise Rejected(f"{name}: got {x!r}, must be {least} <= low <= high")


# Lemma 11: contraction of a ball -----------------------------------------------------------------


def _contraction_check(statement):
    _fields("statement", statement, ("kind", "map", "mu", "rho", "kappa"))
    if statement["map"] not in ("EM", "G", "step"):
        raise Rejected(f"map: got {statement['map']!r}, must be 'EM', 'G' or 'step'")
    _interval("mu", statement["mu"])
    for name in ("rho", "kappa"):
        if _number(name, statement[name]) <= 0:
            raise Rejected(f"{name}: got {statement[name]!r}, must be > 0")


def _contraction_region(statement):
    """(|mu|, x, y), theta = |mu| (x, y), mu = |mu| (1, 0); y < 0 is the mirror image."""
    rho = Fraction(statement["rho"])
    return [tuple(map(Fraction, statement["mu"])), (1 - rho, 1 + rho), (Fraction(0), rho)]


def _contraction_misses(statement, box):
    """Whether the point of the box nearest to (1, 0) is farther than rho."""
    _, x, y = box
    x = min(max(Fraction(1), x[0]), x[1]) - 1
    y = min(max(Fraction(0), y[0]), y[1])
    return x * x + y * y > Fraction(statement["rho"]) ** 2


def _contraction_bound(statement, box):
    """The norm of the Jacobian.

    The map is theta -> A mu + B theta, A and B functions of m and q alone, so with d m = mu . d
    theta and d q = 2 theta . d theta its Jacobian is

        A_m mu mu' + 2 A_q mu theta' + B_m theta mu' + 2 B_q theta theta' + B I.

    EM: A = T_0, B = T_1. G: A = m T_1 + (q/2) T_2, B = m T_2 + (q/2) T_3. For both 2 A_q = B_m, so
    the matrix is symmetric. All are forms F(a, k), also for the maps' sum. Across the plane of mu
    and theta it is B I, hence any dimension.
    """
    if (box[0][0] + box[0][1]) * (box[1][0] + box[1][1]) / 4 > FAR:
        return _tilted_bound(statement, box)
    s, x, y = coordinates(box)
    w = s * s
    m, q = w * x, w * (x * x + y * y)
    drift, wanted = {
        "EM": (0, [(1, 1), (1, 1), (1, 2), (1, 3)]),
        "G": (1, [(0, 1), (1, 1), (1, 2), (1, 3)]),
        "step": (1, [(1, 1), (2, 1), (2, 2), (2, 3)]),
    }[statement["map"]]
    B, A_m, mixed, twice_B_q = forms(m, q, drift, wanted)
    along = mixed + x * twice_B_q
    return _norm(
        B + w * (A_m + x * (mixed + along)),
        w * y * along,
        B + w * y * y * twice_B_q,
        B,
    )


def _tilted_bound(statement, box):
    """The same with axes along theta and across it, where |mu| is large.

    There x = (u/r, v) with v ~ N(p, 1) independent of u ~ N(m, q), p^2 = |mu|^2 - m^2/q. From L/2 =
    E[(q/2)(1 + S) - u tanh u], S = sech^2 u,

        J_EM = E[S x x'],   J_G = E[(S + u S' - (q/2) S'') x x'] - E[S' (x theta' + theta x')] -
        E[S] I,

    and E[u f' - (q/2) f''] = E[((u^2 - m^2)/q - 1) f]/2 (parts), for f = S, u S, u^2 S, leaves
    moments of S alone, which are I_k (see :func:`tilted_moments`) times e^{-m^2/(2q)}/sqrt(2 pi q).
    """
    s, x, y = coordinates(box)
    w, inverse = s * s, (x * x + y * y).inverse()
    beta = inverse * w.inverse() * arb(0.5)  # 1/(2q)
    cosine = w * x * x * inverse  # m^2/q
    sine, p_over_r = w * y * y * inverse, y * inverse
    scale = (cosine * arb(-0.5)).exp() * (beta * (1 / arb.pi())).sqrt()
    which = statement["map"]
    M = tilted_moments(x * inverse, beta, 2 if which == "EM" else 4)
    entries = []
    if which != "G":
        entries.append([beta * M[2] * 2, p_over_r * M[1], (sine + 1) * M[0], M[0]])
    if which != "EM":
        D = [beta * M[k + 2] + (cosine + 1) * M[k] * arb(-0.5) for k in range(3)]
        across = (sine + 1) * D[0] + sine * M[0]
        entries.append([beta * (D[2] + M[2] * -1) * 2, p_over_r * D[1], across, D[0]])
    entries = [sum(parts[1:], parts[0]) for parts in zip(*entries, strict=True)]
    return _norm(*(scale * entry for entry in entries))


def _norm(a: Model, b: Model, d: Model, across: Model):
    """The norm of [[a, b], [b, d]] and ``across``: low at the middle, high on the box.

    The norm is convex, so its linear part is largest at a corner; the rests are added as the norm
    of the matrix of their sizes.
    """

    def norm(a, b, d, across):  # from above
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
        most = max(most, norm(*corner))
    A, B, D, C = (M.value for M in models)
    root = (((A - D) / 2).abs_lower() ** 2 + B.abs_lower() ** 2).sqrt()
    low = max((((A + D) / 2).abs_lower() + root).lower(), C.abs_lower())
    return low, (most + norm(*(M.rest for M in models))).upper()


# Theorem 7, stage two: one unit step takes a piece of a cone into a ball round mu -----------------


def _step(m: Model, q: Model):
    """P and Q of the unit step theta' = P mu + Q theta.

    theta' = -E[f_u x] - E[S] theta with f = (q/2)(1 + S) - u tanh u, as L/2 = E f, and E[h(u) x] =
    mu E h + theta E h' (parts): P = E h and Q = E h' - E S for h = tanh u + u S - (q/2) S'.
    """
    return forms(m, q, 1, [(1, 0), (1, 1)])


def _landing_check(statement):
    _fields("statement", statement, ("kind", "mu", "x", "slope", "radius"))
    _interval("mu", statement["mu"])
    _interval("x", statement["x"])
    for name in ("slope", "radius"):
        if _number(name, statement[name]) < 0:
            raise Rejected(f"{name}: got {statement[name]!r}, must be >= 0")


def _landing_region(statement):
    """(|mu|, x, y), theta = |mu| (x, y), 0 <= y <= slope x; y < 0 is the mirror image."""
    mu, x = (tuple(map(Fraction, statement[name])) for name in ("mu", "x"))
    return [mu, x, (Fraction(0), Fraction(statement["slope"]) * x[1])]


def _landing_misses(statement, box):
    return box[2][0] > Fraction(statement["slope"]) * box[1][1]


def _landing_bound(statement, box):
    """|theta' - mu| / |mu| = |(P + x Q - 1, y Q)|, of which the norm is convex."""
    s, x, y = coordinates(box)
    w = s * s
    P, Q = _step(w * x, w * (x * x + y * y))
    along, across = P + x * Q + -1, y * Q
    zero = along * 0
    # the norm of the symmetric matrix [[a, b], [b, -a]] is that of (a, b)
    return _norm(along, across, along * -1, zero)


# Theorem 7, stage one: the length comes down ------------------------------------------------------


def _length_check(statement):
    _fields("statement", statement, ("kind", "mu", "r", "corner", "settled", "fall", "excess"))
    _interval("mu", statement["mu"])
    _interval("r", statement["r"])
    if not isinstance(statement["corner"], list) or len(statement["corner"]) != 2:
        raise Rejected(f"corner: got {statement['corner']!r}, must be [|mu|, r]")
    for x in statement["corner"]:
        _number("corner", x)
    if statement["mu"][1] > 1:
        raise Rejected(f"mu: got {statement['mu']!r}, must end at 1 or below")
    for name in ("settled", "fall", "excess"):
        if _number(name, statement[name]) < 0:
            raise Rejected(f"{name}: got {statement[name]!r}, must be >= 0")


def _length_region(statement):
    """(|mu|, r, cos phi)."""
    mu, r = (tuple(map(Fraction, statement[name])) for name in ("mu", "r"))
    return [mu, r, (Fraction(0), Fraction(1))]


def _length_misses(statement, box):
    """Whether the box lies in the corner that the statement leaves out."""
    s, r = map(Fraction, statement["corner"])
    return box[0][1] <= s and box[1][1] <= r


def _length_bound(statement, box):
    """|mu| |P| + r |Q| less the larger of settled |mu| and r/sqrt(1 + fall r^2).

    The lesser of the two differences is at most either of them. |P| and |Q| are the larger of P, -P
    and of Q, -Q, so that nothing need be known of their signs.
    """
    s, r, cosine = coordinates(box)
    q = r * r
    P, Q = _step(s * r * cosine, q)
    allowed = [
        s * arb(statement["settled"]),
        r * (q * arb(statement["fall"]) + 1).sqrt().inverse(),
    ]
    excess = [
        [s * P * i + r * Q * j + a * -1 for i, j in product((1, -1), repeat=2)] for a in allowed
    ]
    if not all(M.ball().is_finite() for signs in excess for M in signs):
        return arb(0), arb("+inf")
    low = min(max(M.value.lower() for M in signs) for signs in excess)
    high = min(max(M.ball().upper() for M in signs) for signs in excess)
    return low, high


# Lemma 9: the angle falls -------------------------------------------------------------------------

FAR_ALONG = 32  # of theta . mu, from where on one bound is used for all


def _turning_check(statement):
    _fields("statement", statement, ("kind", "eta", "mu", "r", "factor"))
    for name in ("eta", "mu", "factor"):
        if _number(name, statement[name]) <= 0:
            raise Rejected(f"{name}: got {statement[name]!r}, must be > 0")
    if statement["eta"] > 1:
        raise Rejected(f"eta: got {statement['eta']!r}, must be <= 1")
    _interval("r", statement["r"])


def _turning_region(statement):
    """(m, r)."""
    return [(Fraction(0), Fraction(FAR_ALONG)), tuple(map(Fraction, statement["r"]))]


def _never_misses(statement, box):
    return False


def _turning_bound(statement, box):
    """tan phi'/tan phi = |B| / (eta |mu|^2 V + B), B = 1 - eta + eta Q.

    V = P/m > 0 (P >= T_0: Lemma 9, fact (i)), so where the denominator is positive it grows with
    |mu| and the quotient falls, whatever B's sign. |mu| is at least the statement's, and at least
    m/r. For a given w = |mu|^2 V the quotient grows with B > 0 and falls with B < 0.

    Beyond m = 32: w >= m T_0/q, where T_0 grows with m and falls with q, and B lies between 1 -
    (19/12) eta and 1, since -7/12 < Q <= 1 (Lemma 9).
    """
    m, r = coordinates(box)
    q, eta, least, longest = r * r, arb(statement["eta"]), arb(statement["mu"]), arb(box[1][1])
    (Q,) = forms(m, q, 1, [(1, 1)])
    V, B = quotient(m, q), Q * eta + (1 - eta)
    if not (V.ball().is_finite() and B.ball().is_finite()):
        return arb(0), arb("+inf")

    def largest(w, *ends):
        """The largest quotient for B between the ends."""
        if not all(eta * w + b > 0 for b in ends):
            return arb("+inf")
        return max((abs(b) / (eta * w + b)).upper() for b in ends)

    # m/r at the box's corner, or in the middle: the least |mu| there
    corner, middle = least, least
    if arb(box[0][0]) > least * longest:
        corner = arb(box[0][0]) / longest
    if m.value > least * r.value:
        middle = m.value / r.value
    low = abs(B.value) / (eta * middle**2 * V.value + B.value)
    high = largest((corner**2 * V.ball()).lower(), B.ball().lower(), B.ball().upper())
    if box[0][1] >= FAR_ALONG:
        T0 = expectations(arb(FAR_ALONG), longest**2, 0)[0]
        beyond = largest((FAR_ALONG * T0 / longest**2).lower(), 1 - eta * 19 / 12, arb(1))
        high = high.max(beyond)
    return low.lower(), high


def _unit_step_check(statement):
    _fields("statement", statement, ("kind", "m", "r", "share"))
    _interval("m", statement["m"])
    _interval("r", statement["r"])
    if _number("share", statement["share"]) <= 0:
        raise Rejected(f"share: got {statement['share']!r}, must be > 0")


def _unit_step_region(statement):
    """(m, r)."""
    return [tuple(map(Fraction, statement[name])) for name in ("m", "r")]


def _unit_step_misses(statement, box):
    """Whether m <= r on the box: there Q >= E[u^2 sech^2 u]/(2 q) > 0 (Lemma 9, fact (ii))."""
    return box[0][1] <= box[1][0]


def _unit_step_bound(statement, box):
    """-2 (m^2 + q) Q / (m P) where Q < 0."""
    m, r = coordinates(box)
    q = r * r
    P, Q = forms(m, q, 1, [(1, 0), (1, 1)])
    if Q.ball() >= 0:
        return arb(0), arb(0)
    below = m * P
    if not below.ball() > 0:
        return arb(0), arb("+inf")
    share = (m * m + q) * Q * below.inverse() * -2
    if not share.ball().is_finite():
        return arb(0), arb("+inf")
    high = share.ball().upper().max(arb(0))
    return share.value.lower(), high


# Lemma 8: a step is one of the power iteration, to leading order ----------------------------------

SERIES = 0.3125  # of e, up to where the series about e = 0 is tried
ORDERS = (4, 6, 8)


def _expansion_check(statement):
    _fields("statement", statement, ("kind", "e", "C"))
    _interval("e", statement["e"])
    if _number("C", statement["C"]) <= 0:
        raise Rejected(f"C: got {statement['C']!r}, must be > 0")


def _expansion_region(statement):
    """(e, edge): r/e = 1, cos = edge for edge in [0, 1]; r/e = 2 - edge, cos = 1 beyond."""
    return [tuple(map(Fraction, statement["e"])), (Fraction(0), Fraction(2))]


def _series(of: str, order: int, e2: Model, rho2: Model, c2: Model) -> Model:
    """(V - 2)/e^2 or (Q - 1 + 2q)/e^4 from the Taylor series about e = 0.

    With w(xi) = xi / sinh(pi xi/2), Q = int_0^inf w G d xi for G = (1 + x d/dx + y d/dy) E cos v,
    v = x + sqrt(y) g, x = xi m, y = xi^2 q. The rest of the cosine's series from t^{2J} on is, up
    to its sign (-1)^J, between 0 and t^{2J}/(2J)!; its derivative, odd in t, between 0 and
    t^{2J-1}/(2J-1)! for t >= 0; its second derivative at most t^{2J-2}/(2J-2)! in size. Under a
    Gaussian with mean >= 0 such an odd function has a mean between 0 and the odd power's. So the
    rest of G is at most (1 + x d/dx + y d/dy) E v^{2J}/(2J)!. As int w xi^{2J} d xi = |a_{2J+1}|
    with a_k = tanh^{(k)}(0), the rest of Q is at most |a_{2J+1}| sum_{i+j=J} v_ij m^{2i} q^j, and
    the terms before it are a_{2(i+j)+1} v_ij m^{2i} q^j,

        v_ij = (2i + 1 + j)/((2i)! 2^j j!).

    P likewise, with the sine, and V = P/m has w_ij = (2i + 2 + j)/((2i + 1)! 2^j j!).
    """
    odd, drop = (1, 1) if of == "V" else (0, 2)
    total, least = e2 * 0, arb(0)
    sizes = [M.ball().abs_upper() for M in (e2, rho2, c2)]
    powers = [[Model(arb(1), [arb(0)] * 2, arb(0))] for _ in range(3)]
    for M, out in zip((e2, rho2, c2), powers, strict=True):
        for _ in range(2 * order):
            out.append(out[-1] * M)
    for n in range(order + 1):
        a = derivative(2 * n + 1)[0]
        for i in range(n + 1):
            j = n - i
            share = arb(2 * i + 1 + odd + j) / (factorial(2 * i + odd) * 2**j * factorial(j))
            if 2 * i + j < drop:  # taken away: the constant 2 of V, and 1 - 2q of Q
                continue
            at = 2 * i + j - drop, n, i
            if n < order:
                x, y, z = (out[k] for out, k in zip(powers, at, strict=True))
                total = total + x * y * z * (share * a)
            else:
                x, y, z = (size**k for size, k in zip(sizes, at, strict=True))
                least += abs(a) * share * x * y * z
    return Model(total.value, total.slopes, (total.rest + least).upper())


def _expansion_bound(statement, box):
    """|R|/e^5 from above, for every e >= e_1 = max(r, m/r), which is the box's first side.

    R = (V - 2) m mu + Z theta, Z = Q - 1 + 2q, so |R|^2 = D^2 m^2 |mu|^2 + Z^2 q - 2 D Z m^2 with D
    = 2 - V. It grows with |mu|, so for |mu| <= e it is at most A e^2 + B, A = D^2 m^2 and B = Z^2 q
    - 2 D Z m^2. Over e^10 that is at most A/e_1^8 + max(B, 0)/e_1^10. With p = (V - 2)/e_1^2, z =
    Z/e_1^4, rho = r/e_1 and the angle's cosine c this is

        rho^2 max(c^2 p^2, z^2 + c^2 p (2 z + p)).
    """
    e, edge = coordinates(box)
    if box[1][0] < 1 < box[1][1]:  # two formulas; the halves of the box need but one
        return arb(0), arb("+inf")
    rho, c = (e * 0 + 1, edge) if box[1][1] <= 1 else (edge * -1 + 2, e * 0 + 1)
    e2, rho2, c2 = e * e, rho * rho, c * c
    found = []
    if box[0][1] <= SERIES:
        found += [[_series(of, J, e2, rho2, c2) for of in "VQ"] for J in ORDERS]
    if box[0][0] > 0:
        m, q, inverse = e2 * rho * c, e2 * rho2, e.inverse() * e.inverse()
        (Q,) = forms(m, q, 1, [(1, 1)])
        p, Z = (quotient(m, q) + -2) * inverse, Q + q * 2 + -1
        found.append([p, Z * inverse * inverse])
    best = arb(0), arb("+inf")
    for p, z in found:
        both = [rho2 * (c2 * p * p), rho2 * (z * z + c2 * p * (z * 2 + p))]
        if not all(M.ball().is_finite() for M in both):
            continue
        low = max(arb(0), *(M.value.lower() for M in both)).sqrt().lower()
        high = max(arb(0), *(M.ball().upper() for M in both)).sqrt().upper()
        if high < best[1]:
            best = low, high
    return best


KINDS = {
    "landing": Kind(3, "radius", _landing_check, _landing_region, _landing_misses, _landing_bound),
    "length": Kind(3, "excess", _length_check, _length_region, _length_misses, _length_bound),
    "turning": Kind(2, "factor", _turning_check, _turning_region, _never_misses, _turning_bound),
    "unit_step": Kind(
        2, "share", _unit_step_check, _unit_step_region, _unit_step_misses, _unit_step_bound
    ),
    "expansion": Kind(2, "C", _expansion_check, _expansion_region, _never_misses, _expansion_bound),
    "contraction": Kind(
        3,
        "kappa",
        _contraction_check,
        _contraction_region,
        _contraction_misses,
        _contraction_bound,
    ),
}

# What is common to every kind ---------------------------------------------------------------------


def digest(certificate: dict) -> str:
    """The SHA-256 of everything but the field "sha256", as compact JSON with sorted keys."""
    rest = {key: value for key, value in certificate.items() if key != "sha256"}
    try:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Rejected(
            f"certificate: must be plain JSON without NaN or infinity: {error}"
        ) from None
    return hashlib.sha256(text.encode()).hexdigest()


def _covered(kind: Kind, statement: dict, leaves: list) -> None:
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


def _weakest(kind: Kind, statement: dict, box) -> int:
    """The side that costs most: with it shrunk to its middle the bound is least."""
    highs = []
    for side, (low, high) in enumerate(box):
        middle = (low + high) / 2
        thin = (*box[:side], (middle, middle), *box[side + 1 :])
        highs.append((kind.bound(statement, thin)[1], low - high, side))
    return min(highs)[2]


def _holds(kind: Kind, statement: dict, number: int, box, bound) -> int:
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


def verify(certificate) -> dict:
    """Check a certificate, see the module's docstring.

    Returns
    -------
    dict with the kind, the number of leaves, and how many boxes were enclosed for them

    Raises
    ------
    Rejected : with what is wrong
    """
    _fields("certificate", certificate, ("statement", "leaves", "precision", "versions", "sha256"))
    if certificate["sha256"] != digest(certificate):
        raise Rejected("sha256: the digest is not that of the certificate's content")
    statement, leaves = certificate["statement"], certificate["leaves"]
    name = statement.get("kind") if isinstance(statement, dict) else None
    if not isinstance(name, str) or name not in KINDS:
        raise Rejected(f"kind: got {name!r}, must be one of {', '.join(KINDS)}")
    kind = KINDS[name]
    kind.check(statement)
    precision, versions = certificate["precision"], certificate["versions"]
    if type(precision) is not int or precision < 2:
        raise Rejected(f"precision: got {precision!r}, must be a whole number of bits >= 2")
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise Rejected(f"versions: got {versions!r}, must be names with versions, all strings")
    if not isinstance(leaves, list) or not leaves:
        raise Rejected("leaves: must be a list with at least one leaf")
    target, region, boxes = statement[kind.target], kind.region(statement), []
    for number, leaf in enumerate(leaves):
        if not isinstance(leaf, list) or len(leaf) != 2 * kind.sides + 1:
            raise Rejected(
                f"leaves[{number}]: got {leaf!r}, must be a list of {2 * kind.sides + 1} numbers"
            )
        for x in leaf:
            _number(f"leaves[{number}]", x)
        box = tuple(zip(leaf[:-1:2], leaf[1::2], strict=True))
        if not all(low <= high for low, high in box):
            raise Rejected(f"leaves[{number}]: got {leaf!r}, a side ends before it begins")
        if not leaf[-1] <= target:
            raise Rejected(
                f"leaves[{number}]: its bound {leaf[-1]!r} exceeds {kind.target} = {target!r}"
            )
        if not all(a <= low and high <= b for (low, high), (a, b) in zip(box, region, strict=True)):
            raise Rejected(f"leaves[{number}]: got {leaf!r}, which sticks out of the region's box")
        boxes.append(box)
    _covered(kind, statement, [[tuple(map(Fraction, side)) for side in box] for box in boxes])
    with ctx.workprec(PRECISION):
        taken = sum(
            _holds(kind, statement, number, boxes[number], leaves[number][-1])
            for number in reversed(range(len(leaves)))
        )
    return {"kind": name, "leaves": len(leaves), "boxes": taken}
