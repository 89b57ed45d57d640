"""The checker's own enclosures of tilted integrals, int u^k e^{eta u - beta u^2} sech^2 u du.

By Gauss and Legendre's rule on panels; the prover sums equidistant points. Derived in
notebooks/explicit-constants.
"""

from operator import mul

from flint import arb

from ddpm_gmm.certify.check.enclosures import SMALL, at_precision

NODES = 20  # of a Gauss-Legendre panel
RHO = arb(3)  # of the ellipse round a panel: half-axes 5/3 and 4/3 < pi/2


@at_precision
def _panels(number: int):
    """Nodes and weights sech^2 of the Gauss-Legendre rule on [0, 2], [2, 4], ...: (u, u^2, w)."""
    rule = [arb.legendre_p_root(NODES, i, True) for i in range(NODES)]
    u = [2 * p + 1 + x for p in range(number) for x, _ in rule]
    w = [
        weight * (v.sech() ** 2) for v, weight in zip(u, [w for _, w in rule] * number, strict=True)
    ]
    return u, [v * v for v in u], w


@at_precision
def _powers(number: int, highest: int):
    u, _, _ = _panels(number)
    return [[v**k for v in u] for k in range(highest + 1)]


def _tail(k, eta, beta, U):
    L = 2 - eta + 2 * beta.lower() * U - arb(k) / U
    if not L > 0:
        return arb("+inf")
    return (8 * arb(U) ** k * ((eta - 2 - beta.lower() * U) * U).exp() / L).upper()


def tilted(eta, beta, ks) -> dict:
    """I_k = int u^k e^{eta u - beta u^2} sech^2 u du for every k of ``ks``; thin balls, beta > 0.

    On panels of length 2 by Gauss and Legendre's rule with n nodes, which errs by at most (64/15) S
    / (rho^{2n-2} (1 - rho^-2)) where the integrand is at most S on the ellipse with half-axes a, b
    = (rho +- 1/rho)/2 round the panel (Trefethen 2008). There |sech^2(x + iy)| <= sech^2 x / cos^2
    y, because sinh^2 x + cos^2 y >= cosh^2 x cos^2 y. Beyond U > 0 the logarithmic slope of the
    integrand, with 4 e^{-2u} for sech^2, is at most -L = k/U - (2 - |eta|) - 2 beta U, so the two
    tails are at most twice the value at U over L.
    """
    size, ks = eta.abs_upper(), sorted(ks)
    number = 8
    while True:
        tails = [_tail(k, size, beta, 2 * number) for k in ks]
        if number > 500 or all(t < SMALL for t in tails):
            break
        number += 1 + number // 8
    a, b = (RHO + 1 / RHO) / 2, (RHO - 1 / RHO) / 2
    scale = 64 / (15 * RHO ** (2 * NODES - 2) * (1 - RHO**-2) * b.cos() ** 2) * (beta * b**2).exp()
    errors = [arb(0)] * len(ks)
    for p in range(number):
        near, far = max(2 * p + 1 - a, arb(0)), 2 * p + 1 + a
        most = 2 * scale * (size * far - beta * near**2).exp() * near.sech() ** 2  # both signs of u
        for i, k in enumerate(ks):
            errors[i] += most * (far + b) ** k
    U, squares, w = _panels(number)
    pairs = [(eta * u).sinh_cosh() for u in U]
    bell = [2 * weight * (-beta * square).exp() for square, weight in zip(squares, w, strict=True)]
    odd = [x * sinh for x, (sinh, _) in zip(bell, pairs, strict=True)]
    even = [x * cosh for x, (_, cosh) in zip(bell, pairs, strict=True)]
    powers = _powers(number, ks[-1])
    return {
        k: sum(map(mul, powers[k], odd if k % 2 else even), arb(0)) + arb(0, (error + tail).upper())
        for k, error, tail in zip(ks, errors, tails, strict=True)
    }
