"""Expectations and tilted integrals over a box, as Taylor models."""

from flint import arb

from ddpm_gmm.certify.check.enclosures import damped, expectations
from ddpm_gmm.certify.check.models import Model, taylor
from ddpm_gmm.certify.check.panels import tilted


def form(a: int, k: int, drift: int, T: list, m, q):
    """F(a, k) = a T_k + drift (m T_{k+1} + (q/2) T_{k+2})."""
    return a * T[k] + drift * (m * T[k + 1] + q / 2 * T[k + 2]) if drift else a * T[k]


def _sizes(drift: int, T: list, m: Model, q: Model, near, M):
    """size(a, k), a bound on |F(a, k)| for m in the ball ``near``, at most M from the middle.

    The bounds of :func:`damped`, or one step of Taylor's formula from the middle.
    """
    crude = damped(len(T) + 1, near, q.ball())
    most, N = (near.abs_upper(), q.ball().abs_upper()), (q.linear() + q.rest).upper() / 2

    def size(a, k):
        plain = form(a, k, drift, crude, *most)
        by_m, by_q = (form(a + drift, k + i, drift, crude, *most) for i in (1, 2))
        middle = form(a, k, drift, T, m.value, q.value).abs_upper()
        return min(plain.upper(), (middle + by_m * M + by_q * N).upper())

    return size


def forms(m: Model, q: Model, drift: int, wanted) -> list[Model]:
    """F(a, k) for every pair (a, k) of ``wanted``; T_k itself is F(1, k) with drift 0.

    dT_k = T_{k+1} dm + T_{k+2} dq/2, and the form is closed: dF(a, k) = F(a + drift, k+1) dm +
    F(a + drift, k+2) dq/2.
    """
    T = expectations(m.value, q.value, max(k for _, k in wanted) + 4 + 2 * drift)
    size = _sizes(drift, T, m, q, m.ball(), (m.linear() + m.rest).upper())
    out = []
    for a, k in wanted:
        value, in_m, in_q = (
            form(a + (i > 0) * drift, k + i, drift, T, m.value, q.value) for i in range(3)
        )
        xx, xy, yy = (size(a + 2 * drift, k + i) for i in (2, 3, 4))
        out.append(taylor(m, q, value, in_m, in_q / 2, xx, xy / 2, yy / 4))
    return out


def quotient(m: Model, q: Model) -> Model:
    """V = P/m, P = F(1, 0) with drift 1, through m = 0; for m >= 0.

    P is odd in m and P_m = F(2, 1), so that V = int_0^1 F(2, 1)(t m, q) dt, and

        V_mm = int t^2 F(4, 3), V_mq = (1/2) int t F(4, 4), V_qq = (1/4) int F(4, 5)

    at (t m, q): at most 1/3, 1/4, 1/4 of the largest |F(4, .)| between 0 and m.
    """
    m0, q0 = m.value, q.value
    T = expectations(m0, q0, 7)
    if m0.is_zero():
        value, in_m, in_q = form(2, 1, 1, T, m0, q0), arb(0), form(3, 3, 1, T, m0, q0) / 2
    else:
        value = form(1, 0, 1, T, m0, q0) / m0
        in_m, in_q = (form(2, 1, 1, T, m0, q0) - value) / m0, form(2, 2, 1, T, m0, q0) / (2 * m0)
    high = m.ball().upper()
    size = _sizes(1, T, m, q, arb(0).union(high), max(m0.upper(), (high - m0).upper()))
    near = taylor(m, q, value, in_m, in_q, size(4, 3) / 3, size(4, 4) / 4, size(4, 5) / 4)
    if not m.ball() > 0:
        return near
    away = forms(m, q, 1, [(1, 0)])[0] * m.inverse()
    return away if away.rest < near.rest else near


def tilted_moments(eta: Model, beta: Model, highest: int) -> list[Model]:
    """I_0, ..., I_highest as models: dI_k = I_{k+1} d eta - I_{k+2} d beta.

    The second derivatives are I_{k+2}, -I_{k+3} and I_{k+4}. For even k, I_k grows with |eta| and
    falls with beta, so its value at a corner bounds it by B_k; for odd k, |I_k|^2 <= B_{k-1}
    B_{k+1} (Cauchy and Schwarz).
    """
    middle = tilted(eta.value, beta.value, range(highest + 3))
    largest_eta, least_beta = eta.ball().abs_upper(), beta.ball().lower()
    if not least_beta > 0:
        B = dict.fromkeys(range(highest + 6), arb("+inf"))
    else:
        B = tilted(largest_eta, least_beta, range(2, highest + 6, 2))
        B = {k: b.abs_upper() for k, b in B.items()}
        B |= {k + 1: (B[k] * B[k + 2]).sqrt().upper() for k in B if k + 2 in B}
    return [
        taylor(eta, beta, middle[k], middle[k + 1], -middle[k + 2], B[k + 2], B[k + 3], B[k + 4])
        for k in range(highest + 1)
    ]
