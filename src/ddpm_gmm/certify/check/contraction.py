"""Lemma 11: a map's Jacobian has norm at most kappa on the ball |theta - mu| <= rho |mu|."""

from fractions import Fraction

from flint import arb

from ddpm_gmm.certify.check import fields
from ddpm_gmm.certify.check.models import coordinates, norm
from ddpm_gmm.certify.check.moments import forms, tilted_moments

SIDES, TARGET = 3, "kappa"
FAR = 1.5  # of |theta| along mu, from where on the tilted moments are the better enclosure


def check(statement):
    fields.exactly("statement", statement, ("kind", "map", "mu", "rho", "kappa"))
    if statement["map"] not in ("EM", "G", "step"):
        raise fields.Rejected(f"map: got {statement['map']!r}, must be 'EM', 'G' or 'step'")
    fields.interval("mu", statement["mu"])
    fields.sizes(statement, "rho", "kappa")


def region(statement):
    """(|mu|, x, y), theta = |mu| (x, y), mu = |mu| (1, 0); y < 0 is the mirror image."""
    rho = Fraction(statement["rho"])
    return [tuple(map(Fraction, statement["mu"])), (1 - rho, 1 + rho), (Fraction(0), rho)]


def misses(statement, box):
    """Whether the point of the box nearest to (1, 0) is farther than rho."""
    _, x, y = box
    x = min(max(Fraction(1), x[0]), x[1]) - 1
    y = min(max(Fraction(0), y[0]), y[1])
    return x * x + y * y > Fraction(statement["rho"]) ** 2


def bound(statement, box):
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
    return norm(
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
    return norm(*(scale * entry for entry in entries))
