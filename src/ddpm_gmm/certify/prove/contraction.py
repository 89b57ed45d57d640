"""Lemma 11: a map's Jacobian has norm at most kappa on the ball |theta - mu| <= rho |mu|.

The maps are EM, G, and their sum, the unit gradient step. The plane of theta and mu has coordinates
(x, y) in units of |mu|. A bound on the half-disc holds on the ball in every dimension, and a
convex ball with its centre fixed is contracted by it. Derived in notebooks/explicit-constants.

A statement: kind "contraction", map "EM", "G" or "step", mu [low, high], rho < 1, kappa. A box:
(|mu|, x, y).
"""

from fractions import Fraction

from flint import arb

from ddpm_gmm import check
from ddpm_gmm.certify.prove import balls, forms

TARGET = "kappa"


def region(statement):
    mu = check.interval("mu", statement["mu"], above=0)
    rho = check.number("rho", statement["rho"], above=0)
    check.number("kappa", statement["kappa"], above=0)
    if statement["map"] not in ("EM", "G", "step"):
        raise ValueError(f"map: got {statement['map']!r}, must be EM, G or step")
    if not rho < 1:
        raise ValueError(f"rho: got {rho:g}, must be < 1: the ball must not hold the origin")
    return [(mu, (1 - rho, 1 + rho), (0.0, rho))]


def outside(statement, box):
    _, (x_low, x_high), (y_low, _) = (tuple(map(Fraction, side)) for side in box)
    x = max(x_low - 1, 1 - x_high, 0)
    return x**2 + max(y_low, 0) ** 2 > Fraction(statement["rho"]) ** 2


def along_mu(which: str, s, x, y):
    """J_11, J_12, J_22 with axes along mu and across it, and J_33 across the plane, as forms.

    J_EM = T_1 (mu mu' + I) + T_2 (mu theta' + theta mu') + T_3 theta theta', and J_G is half its
    derivative in lambda at (lambda theta, lambda mu), where dT_k/d lambda = 2 m T_{k+1} + q
    T_{k+2}. Best where |theta| is at most about 2.
    """
    w, rr = s.square(), x.square() + y.square()
    m, q = w * x, w * rr
    T = forms.moments(m, q, 5)
    D = [m * T[k + 1] + q / 2 * T[k + 2] for k in range(1, 4)]
    em = [T[1], T[1], T[2], T[3]]
    G = [D[0], T[1] + D[0], T[2] + D[1], T[3] + D[2]]
    c0, c1, c2, c3 = {"EM": em, "G": G, "step": _sum(em, G)}[which]
    return [
        c0 + w * (c1 + x * (2 * c2 + x * c3)),
        w * y * (c2 + x * c3),
        c0 + w * y.square() * c3,
        c0,
    ]


def along_theta(which: str, s, x, y):
    """J_11, J_12, J_22 with axes along theta and across it, and J_33 across the plane, as forms.

    In J_EM = E[sech^2(u) x x'] the coordinate of x along theta is u/r and the one across it is
    independent of u, with mean p = |mu| sin phi and variance 1. With S_j = E[u^j sech^2 u],

        J_EM = [[S_2/q, S_1 p/r], [S_1 p/r, (1 + p^2) S_0]], and S_0 across the plane,

    and for J_G, (m d/dm + q d/dq) S_j = (S_{j+2} - m^2 S_j)/(2q) - S_j/2 =: D_j by the Gaussian's
    density. S_j is a tilted integral, see :func:`ddpm_gmm.certify.prove.balls.tilted`, whose factor
    e^{-m^2/(2q)} carries the whole smallness at large |mu|.
    """
    w, far = s.square(), 1 / (x.square() + y.square())
    beta = far / (2 * w)  # 1/(2q)
    wc = w * x.square() * far  # m^2/q = |mu|^2 cos^2 phi
    scale = (-wc / 2).exp() * (beta / arb.pi()).sqrt()
    S = [scale * integral for integral in forms.tilted(x * far, beta, 4)]
    D = [beta * S[j + 2] - (1 + wc) * S[j] / 2 for j in range(3)]
    pp, p_r = w * y.square() * far, y * far  # p^2 and p/r
    em = [2 * beta * S[2], p_r * S[1], (1 + pp) * S[0], S[0]]
    G = [2 * beta * (D[2] - S[2]), p_r * D[1], (1 + pp) * D[0] + pp * S[0], D[0]]
    return {"EM": em, "G": G, "step": _sum(em, G)}[which]


def _sum(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


def norm(J) -> float:
    """The norm of [[J_11, J_12], [J_12, J_22]] or |J_33|, whichever is larger, from above."""
    trace, apart = (((J[0] + sign * J[2]) / 2).range.abs_upper() for sign in (1, -1))
    plane = trace + (apart**2 + J[1].range.abs_upper() ** 2).sqrt()
    return balls.above(plane.max(J[3].range.abs_upper()))  # arb's max: a NaN stays one


def bound(statement, box):
    """The better of the two axes; the second is tried only where the first does not do."""
    s, x, y = forms.variables(box)
    axes = [along_mu, along_theta] if box[0][0] < 2 else [along_theta, along_mu]
    best = None
    for jacobian in axes:
        J = jacobian(statement["map"], s, x, y)
        found = norm(J), forms.adds(J)
        best = min(best or found, found)
        if best[0] <= statement["kappa"]:
            break
    return best


# What the book proves. At each |mu| of the ladder: the factor on the ball of half the radius, one
# to three per cent above what floating point sees, and the largest of the balls rho = 1/16, ...,
# 15/16 on which the map contracts by 63/64. Between them: factors that hold on whole intervals.
# None of these numbers is trusted; what is false among them is not proved.
CONTRACTS = 63 / 64
LADDER = (0.5, 0.625, 0.75, 0.875, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6)
LEAST = {"step": 2145 / 4096, "EM": 2693 / 4096}  # the least |mu| with a contraction on rho = 1/2
FACTORS = {  # on rho = 1/2, None where there is no contraction
    "step": (
        *(None, 0.963, 0.877, 0.767, 0.643, 0.387, 0.165, 0.158, 0.213, 0.193, 0.124, 0.0596),
        *(0.022, 0.00148, 4.13e-5),
    ),
    "EM": (
        *(None, None, 0.986, 0.941, 0.883, 0.744, 0.592, 0.448, 0.323, 0.147, 0.0557, 0.0177),
        *(0.00466, 1.84e-4, 3.41e-6),
    ),
    "G": (
        *(0.279, 0.292, 0.31, 0.334, 0.364, 0.44, 0.52, 0.521, 0.478, 0.33, 0.179, 0.0771),
        *(0.0267, 0.00167, 4.47e-5),
    ),
}
SIXTEENTHS = {  # of |mu|, the radius of the ball for CONTRACTS
    "step": (7, 8, 8, 9, 9, 10, 11, 11, 12, 13, 13, 13, 13, 13, 14),
    "EM": (7, 7, 8, 8, 8, 9, 10, 10, 11, 12, 12, 13, 13, 14, 14),
    "G": (15, 15, 15, 15, 15, 13, 13, 13, 14, 11, 11, 12, 12, 13, 14),
}
FACTORS_BETWEEN = {  # (low, high, kappa) on rho = 1/2
    "step": (
        *((LEAST["step"], 0.53125, 1 - 2**-16), (0.53125, 0.5625, 0.9986)),
        *((0.5625, 0.625, 0.992), (0.625, 0.6875, 0.976), (0.6875, 0.75, 0.941)),
        *((0.75, 0.8125, 0.894), (0.8125, 0.875, 0.841), (0.875, 1, 0.782), (1, 1.125, 0.656)),
        *((1.125, 1.25, 0.524), (1.25, 1.5, 0.5), (1.5, 1.75, 0.4), (1.75, 2, 0.4)),
        *((2, 2.25, 0.4), (2.25, 2.5, 0.4), (2.5, 3, 0.4), (3, 3.5, 0.15), (3.5, 4, 0.075)),
        *((4, 5, 0.03), (5, 6, 0.0025)),
    ),
    "EM": (
        *((LEAST["EM"], 0.6875, 1 - 2**-16), (0.6875, 0.75, 0.9965), (0.75, 0.8125, 0.988)),
        *((0.8125, 0.875, 0.977), (0.875, 1, 0.959), (1, 1.125, 0.901), (1.125, 1.25, 0.833)),
        *((1.25, 1.5, 0.759), (1.5, 1.75, 0.604), (1.75, 2, 0.457), (2, 2.5, 0.35)),
        *((2.5, 3, 0.17), (3, 3.5, 0.06), (3.5, 4, 0.02), (4, 5, 0.005), (5, 6, 2e-4)),
    ),
    "G": (
        *((0.5, 1, 0.9), (1, 1.5, 0.9), (1.5, 2, 0.9), (2, 2.5, 0.9), (2.5, 3, 0.75)),
        *((3, 4, 0.25), (4, 6, 0.05)),
    ),
}
SIXTEENTHS_BETWEEN = (  # for the step: (low, high, sixteenths)
    *((0.5, 0.5625, 7), (0.5625, 0.625, 7), (0.625, 0.6875, 8), (0.6875, 0.75, 8)),
    *((0.75, 0.875, 8), (0.875, 1, 9), (1, 1.125, 9), (1.125, 1.25, 10), (1.25, 1.5, 9)),
    *((1.5, 1.75, 10), (1.75, 2, 10), (2, 2.5, 10), (2.5, 3, 10), (3, 3.5, 11), (3.5, 4, 11)),
    *((4, 5, 11), (5, 6, 12)),
)


def statements() -> dict[str, dict]:
    """The book's statements of this kind, {name: statement}."""
    out = {}

    def add(which, low, high, rho, kappa):
        between = f"{low:.6g}" if low == high else f"{low:.6g}-{high:.6g}"
        name = f"contraction-{which.lower()}-{between}-rho-{rho:g}"
        if kappa != CONTRACTS:
            name += "-factor"
        statement = {"kind": "contraction", "map": which, "mu": [low, high]}
        out[name] = statement | {"rho": rho, "kappa": kappa}

    for which in ("step", "EM", "G"):
        for mu, kappa, n in zip(LADDER, FACTORS[which], SIXTEENTHS[which], strict=True):
            if kappa:
                add(which, mu, mu, 0.5, kappa)
            add(which, mu, mu, n / 16, CONTRACTS)
        for low, high, kappa in FACTORS_BETWEEN[which]:
            add(which, low, high, 0.5, kappa)
    for low, high, n in SIXTEENTHS_BETWEEN:
        add("step", low, high, n / 16, CONTRACTS)
    return out
