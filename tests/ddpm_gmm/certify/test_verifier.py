"""The certificates' checker: what is true passes, what was tampered with does not."""

import copy
import itertools
import json
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm import certify
from ddpm_gmm.certify import boxes, verifier
from ddpm_gmm.certify import verifier_enclosures as enclosures
from ddpm_gmm.pair import population


def made(statement):
    """A certificate as it is read from its file."""
    with ctx.workprec(80):
        leaves = boxes.prove(certify.KINDS[statement["kind"]], statement)
    certificate = {
        "statement": statement,
        "leaves": [[*sum(box, ()), bound] for box, bound in leaves],
        "precision": 80,
        "versions": {"python-flint": "0.9.0"},
    }
    return signed(json.loads(json.dumps(certificate)))


def signed(certificate):
    return {**certificate, "sha256": verifier.digest(certificate)}


@pytest.fixture(scope="module")
def certificate():
    return made(
        {"kind": "contraction", "map": "step", "mu": [1.5, 1.5078125], "rho": 0.25, "kappa": 0.15}
    )


@pytest.mark.parametrize(
    "statement",
    [
        {"map": "EM", "mu": [1.0, 1.0], "rho": 0.5, "kappa": 0.9},
        {"map": "G", "mu": [1.0, 1.0], "rho": 0.25, "kappa": 0.4},
        {"map": "step", "mu": [6.0, 6.0], "rho": 0.25, "kappa": 1e-6},
    ],
    ids=lambda statement: statement["map"],
)
def test_a_true_certificate_passes(statement):
    certificate = made({"kind": "contraction", **statement})
    got = verifier.verify(certificate)
    assert got["kind"] == "contraction"
    assert got["leaves"] == len(certificate["leaves"]) <= got["boxes"]


def test_the_certificate_to_be_tampered_with_passes(certificate):
    verifier.verify(certificate)


def _set(path, value):
    def change(certificate):
        *way, last = path
        for key in way:
            certificate = certificate[key]
        certificate[last] = value(certificate[last]) if callable(value) else value

    return change


def _norm(which, s, x, y):
    """The Jacobian's norm at theta = |mu| (x, y), from the population's formulas."""
    theta, mu = np.array([s * x, s * y, 0.0]), np.array([s, 0.0, 0.0])
    em = population.em_jacobian(theta, mu)
    step = np.eye(3) - population.hessian(theta, mu)
    return np.linalg.norm({"EM": em, "G": step - em, "step": step}[which], 2)


def _lower(leaf):
    """Lower a leaf's bound to just below the value at one of its corners."""
    corners = itertools.product(*zip(leaf[:-1:2], leaf[1::2], strict=True))
    leaf[-1] = 0.9999 * max(_norm("step", *corner) for corner in corners).item()


TAMPERED = {
    "kappa below the truth": (_set(["statement", "kappa"], 0.09), "exceeds kappa"),
    "rho enlarged": (_set(["statement", "rho"], 0.2578125), "no leaf covers"),
    "mu widened above": (_set(["statement", "mu", 1], 1.5087890625), "no leaf covers"),
    "mu widened below": (_set(["statement", "mu", 0], 1.499), "no leaf covers"),
    "a leaf removed": (lambda c: c["leaves"].pop(len(c["leaves"]) // 2), "no leaf covers"),
    "a side moved": (_set(["leaves", 5, 3], lambda x: x - 2.0**-40), "no leaf covers"),
    "a bound lowered": (lambda c: _lower(c["leaves"][7]), "is false|not be confirmed"),
    "every bound 0": (
        lambda c: c.update(leaves=[[*leaf[:-1], 0.0] for leaf in c["leaves"]]),
        "is false",
    ),
    "a bound above kappa": (_set(["leaves", 7, -1], 0.1500001), "exceeds kappa"),
    "another map": (_set(["statement", "map"], "EM"), "is false|not be confirmed"),
    "an unknown map": (_set(["statement", "map"], "Newton"), "map: got 'Newton'"),
    "an unknown kind": (_set(["statement", "kind"], "expansions"), "kind: got 'expansions'"),
    "mu backwards": (_set(["statement", "mu"], [2.0, 1.0]), "low <= high"),
    "mu no interval": (_set(["statement", "mu"], 1.5), r"must be \[low, high\]"),
    "kappa a string": (_set(["statement", "kappa"], "0.15"), "must be a finite number"),
    "kappa true": (_set(["statement", "kappa"], True), "must be a finite number"),
    "rho negative": (_set(["statement", "rho"], -0.25), "rho: got -0.25, must be > 0"),
    "no rho": (lambda c: c["statement"].pop("rho"), "exactly the fields"),
    "a field more": (_set(["statement", "eta"], 1.0), "exactly the fields"),
    "a field more outside": (_set(["note"], "true"), "exactly the fields"),
    "no leaves": (_set(["leaves"], []), "at least one leaf"),
    "a leaf too large": (_set(["leaves", 3, 5], 1.0), "sticks out"),
    "a short leaf": (lambda c: c["leaves"][3].pop(), "a list of 7 numbers"),
    "a leaf inside out": (_set(["leaves", 3, 2], 9.0), "ends before it begins"),
    "a null": (_set(["leaves", 3, 2], None), "must be a finite number"),
    "a huge integer": (_set(["leaves", 3, 1], 10**400), "must be a finite number"),
    "precision": (_set(["precision"], "80"), "precision: got '80'"),
    "versions": (_set(["versions"], [1]), "versions: got"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_with_and_signed_anew_is_rejected(certificate, name):
    change, message = TAMPERED[name]
    changed = copy.deepcopy(certificate)
    change(changed)
    with pytest.raises(verifier.Rejected, match=message):
        verifier.verify(signed(changed))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_rejected(certificate, bad):
    changed = copy.deepcopy(certificate)
    changed["leaves"][0][-1] = bad
    with pytest.raises(verifier.Rejected, match="plain JSON"):
        verifier.verify(changed)


@pytest.mark.parametrize("bad", [None, [], "certificate", {}, {"leaves": []}])
def test_what_is_no_certificate_is_rejected(bad):
    with pytest.raises(verifier.Rejected, match="certificate: got"):
        verifier.verify(bad)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_single_number_changed_is_rejected(certificate, data):
    changed = copy.deepcopy(certificate)
    places = [(changed["statement"], key) for key in ("rho", "kappa")]
    places += [(changed["statement"]["mu"], i) for i in (0, 1)] + [(changed, "precision")]
    leaf = data.draw(st.sampled_from(changed["leaves"]))
    places += [(leaf, i) for i in range(7)]
    place, key = data.draw(st.sampled_from(places))
    old = place[key]
    up = data.draw(st.booleans())
    place[key] = (
        old + (1 if up else -1)
        if key == "precision"
        else np.nextafter(old, 9.0 if up else -9.0).item()
    )
    assert place[key] != old
    with pytest.raises(verifier.Rejected, match="digest"):
        verifier.verify(changed)


@settings(max_examples=30, deadline=None)
@given(
    corner=st.tuples(*[st.integers(0, 3)] * 3),
    size=st.integers(1, 2),
)
def test_the_cover_is_decided_as_counting_cells_decides_it(corner, size):
    """Leaves are a 4 x 4 x 4 grid's cells, the half-disc is the region."""
    statement = {"mu": [1.0, 2.0], "rho": 0.5}
    kind = verifier.KINDS["contraction"]
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
        with pytest.raises(verifier.Rejected, match="no leaf covers"):
            verifier._covered(kind, statement, left)
    else:
        verifier._covered(kind, statement, left)


def _inside(ball, value):
    """Whether a ball holds an mpmath number, known to 30 digits."""
    return abs(arb(str(value)) - ball.mid()) <= ball.rad() + arb("1e-30")


@settings(max_examples=10, deadline=None)
@given(m=st.floats(0, 40), r=st.floats(0.001, 6))
def test_expectations_hold_the_many_digit_value(m, r):
    ks = (0, 1, 4, 7)
    with ctx.workprec(verifier.PRECISION):
        got = enclosures.expectations(arb(m), arb(r) ** 2, max(ks))
    with mp.workdps(40), ctx.workprec(200):
        for k in ks:
            polynomial = np.polynomial.Polynomial([0, 1])
            for _ in range(k):
                polynomial = polynomial.deriv() * np.polynomial.Polynomial([1, 0, -1])
            coefficients = [int(c) for c in polynomial.coef]

            def integrand(g, coefficients=coefficients):
                return mp.polyval(coefficients, mp.tanh(m + r * g), asc=True) * mp.npdf(g)

            # the trapezoidal rule, to 35 digits: the poles are pi/(2r) away
            a = min(mp.pi / (2 * r) * mp.mpf("0.9"), mp.mpf(14))
            h = 2 * mp.pi * a / (a**2 / 2 + 95)
            n = int(13 / h) + 1
            value = h * mp.fsum(integrand(h * j) for j in range(-n, n + 1))
            assert _inside(got[k], value)
            assert got[k].rad() < 1e-9


@settings(max_examples=25, deadline=None)
@given(data=st.data(), which=st.sampled_from(["EM", "G", "step"]))
def test_a_boxs_bound_holds_samples(data, which):
    """The Jacobian's norm from the tested population formulas never exceeds the box's bound."""
    low = [data.draw(st.floats(a, b)) for a, b in ((0.5, 5), (0.5, 1.4), (0, 0.4))]
    box = [(x, x + data.draw(st.floats(0, 0.05))) for x in low]
    with ctx.workprec(verifier.PRECISION):
        least, most = verifier.KINDS["contraction"].bound({"map": which}, box)
    shares = np.array(
        data.draw(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=5))
    )
    points = [(0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.5), *shares]
    norms = []
    for share in points:
        point = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
        norms.append(_norm(which, *point))
    assert max(norms) <= float(most) * (1 + 1e-12) + 1e-12
    assert float(least) <= norms[2] * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    "box", [[(1.0, 1.0), (0.9, 0.9), (0.2, 0.2)], [(3.0, 3.0), (0.9, 0.9), (0.2, 0.2)]]
)
def test_a_points_bound_is_the_norm(box):
    """At a point nothing is lost, with either enclosure."""
    for which in ("EM", "G", "step"):
        with ctx.workprec(verifier.PRECISION):
            least, most = verifier.KINDS["contraction"].bound({"map": which}, box)
        assert float(most - least) < 1e-8


def test_both_enclosures_agree_at_a_point(monkeypatch):
    box = [(2.0, 2.0), (0.75, 0.75), (0.25, 0.25)]
    bound = verifier.KINDS["contraction"].bound
    for which in ("EM", "G", "step"):
        got = []
        for far in (0.0, 100.0):
            monkeypatch.setattr(verifier, "FAR", far)
            with ctx.workprec(verifier.PRECISION):
                got.append(bound({"map": which}, box))
        (a, b), (c, d) = got
        assert a <= d and c <= b


def _gridded(statement, sides, pieces, bound):
    """A certificate whose leaves are a grid's cells, all with the same bound."""
    edges = [np.linspace(*side, n + 1).tolist() for side, n in zip(sides, pieces, strict=True)]
    cells = itertools.product(*(list(itertools.pairwise(edge)) for edge in edges))
    return signed(
        {
            "statement": statement,
            "leaves": [[*sum(cell, ()), bound] for cell in cells],
            "precision": 80,
            "versions": {},
        }
    )


def _landing(radius):
    statement = {"kind": "landing", "mu": [2.0, 2.125], "x": [0.75, 1.25], "slope": 0.0625}
    sides = ([2.0, 2.125], [0.75, 1.25], [0.0, 0.078125])
    return _gridded({**statement, "radius": radius}, sides, (2, 4, 1), radius)


def _length(excess):
    statement = {"kind": "length", "mu": [0.5, 0.5625], "r": [1.5, 1.625], "corner": [0.125, 0.25]}
    statement |= {"settled": 2.0, "fall": 1.0, "excess": excess}
    return _gridded(statement, ([0.5, 0.5625], [1.5, 1.625], [0.0, 1.0]), (1, 1, 4), excess)


def test_a_landing_is_confirmed_and_a_false_one_refused():
    verifier.verify(_landing(0.25))
    with pytest.raises(verifier.Rejected, match=r"is false|not be confirmed"):
        verifier.verify(_landing(0.015625))
    short = _landing(0.25)
    short["statement"]["slope"] = 0.125
    with pytest.raises(verifier.Rejected, match="no leaf covers"):
        verifier.verify(signed(short))


def test_a_length_is_confirmed_and_a_false_one_refused():
    verifier.verify(_length(0.0))
    false = _length(0.0)
    false["statement"]["settled"], false["statement"]["fall"] = 0.5, 4.0
    with pytest.raises(verifier.Rejected, match=r"is false|not be confirmed"):
        verifier.verify(signed(false))


@settings(max_examples=20, deadline=None)
@given(low=st.tuples(st.floats(0.1, 3), st.floats(0.2, 2), st.floats(0, 0.9)), data=st.data())
def test_the_steps_bounds_hold_samples(low, data):
    """Of landing and length, against a step made with the population's gradient."""
    box = [(x, x + data.draw(st.floats(0, 0.05))) for x in low]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 3))
    a, b, c = ((1 - t) * x + t * y for t, (x, y) in zip(share, box, strict=True))
    mu = np.array([a, 0.0])
    statement = {"settled": 2.0, "fall": 1.0}
    with ctx.workprec(verifier.PRECISION):
        landing = verifier.KINDS["landing"].bound(statement, box)[1]
        length = verifier.KINDS["length"].bound(statement, box)[1]
    theta = a * np.array([b, c])
    away = np.linalg.norm(theta - population.gradient(theta, mu) - mu) / a
    assert away <= float(landing) * (1 + 1e-12) + 1e-12
    theta = b * np.array([c, np.sqrt(1 - c**2)])  # here b is r and c is cos phi
    new = np.linalg.norm(theta - population.gradient(theta, mu))
    assert new - max(2 * a, b / np.sqrt(1 + b**2)) <= float(length) + 1e-12


def _step_numbers(m, r, s):
    """P/m and Q of the step, from the population's gradient at m = theta . mu, r, s = |mu|."""
    cosine = m / (r * s)
    theta = r * np.array([cosine, np.sqrt(max(0.0, 1 - cosine**2))])
    new = theta - population.gradient(theta, np.array([s, 0.0]))
    Q = new[1] / theta[1]
    return (new[0] - Q * theta[0]) / (s * m), Q


NEW = {
    "turning": {"eta": 0.5, "mu": 0.5, "r": [0.0, 1.0], "factor": 218 / 256},
    "unit_step": {"m": [0.0, 4.0], "r": [0.0, 1.0], "share": 1.0},
    "expansion": {"e": [0.0, 0.375], "C": 6 + 1 / 64},
}


@pytest.fixture(scope="module")
def new_kinds():
    return {kind: made({"kind": kind, **statement}) for kind, statement in NEW.items()}


@pytest.mark.parametrize("kind", NEW)
def test_a_true_certificate_of_lemmas_8_and_9_passes(new_kinds, kind):
    got = verifier.verify(new_kinds[kind])
    assert got["leaves"] == len(new_kinds[kind]["leaves"]) <= got["boxes"]


def _all_at(value, **statement):
    """Make every bound at most ``value``, and change the statement."""

    def change(certificate):
        certificate["statement"].update(statement)
        for leaf in certificate["leaves"]:
            leaf[-1] = min(leaf[-1], value)

    return change


UNTRUE = r"is false|not be confirmed"
FORGED = {
    "a lower factor": ("turning", _all_at(0.8125, factor=0.8125), UNTRUE),
    "another eta": ("turning", _all_at(1.0, eta=0.25), UNTRUE),
    "a shorter mu": ("turning", _all_at(1.0, mu=0.25), UNTRUE),
    "a wider annulus": ("turning", _all_at(1.0, r=[0.0, 1.0625]), "no leaf covers"),
    "eta above 1": ("turning", _all_at(1.0, eta=1.5), "eta: got 1.5, must be <= 1"),
    "mu an interval": ("turning", _all_at(1.0, mu=[0.5, 1.0]), "must be a finite number"),
    "the last leaf removed": ("turning", lambda c: c["leaves"].pop(), "no leaf covers"),
    "what lies beyond forgotten": (
        "turning",
        lambda c: [leaf.__setitem__(-1, 1e-3) for leaf in c["leaves"] if leaf[1] == 32],
        UNTRUE,
    ),
    "a lower share": ("unit_step", _all_at(0.75, share=0.75), UNTRUE),
    "a longer theta": ("unit_step", _all_at(1.0, r=[0.0, 1.5]), "no leaf covers"),
    "a negative share": ("unit_step", _set(["leaves", 0, -1], -1e-9), UNTRUE),
    "a hole": ("unit_step", lambda c: c["leaves"].pop(len(c["leaves"]) // 2), "no leaf covers"),
    "a lower C": ("expansion", _all_at(5.9375, C=5.9375), UNTRUE),
    "a lower C near 0": ("expansion", _all_at(5.9999, C=5.9999), UNTRUE),
    "a larger e": ("expansion", _all_at(6.5, e=[0.0, 0.4375]), "no leaf covers"),
    "no C": ("expansion", lambda c: c["statement"].pop("C"), "exactly the fields"),
    "a negative e": ("expansion", _all_at(6.5, e=[-0.5, 0.375]), "low <= high"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_one_of_lemmas_8_and_9_is_rejected(new_kinds, name):
    kind, change, message = FORGED[name]
    changed = copy.deepcopy(new_kinds[kind])
    change(changed)
    with pytest.raises(verifier.Rejected, match=message):
        verifier.verify(signed(changed))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), low=st.tuples(st.floats(0.01, 4), st.floats(0.1, 3)))
def test_the_bounds_of_lemma_9_hold_samples(data, low):
    """Against the angle and the numbers of a step made with the population's gradient."""
    box = [(x, x + data.draw(st.floats(0, 0.1))) for x in low]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 2))
    m, r = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    s = max(0.5, m / r) * data.draw(st.floats(1.001, 2))
    V, Q = _step_numbers(m, r, s)
    with ctx.workprec(verifier.PRECISION):
        turning = verifier.KINDS["turning"].bound({"eta": 0.5, "mu": 0.5}, box)[1]
        unit = verifier.KINDS["unit_step"].bound({}, box)[1]
    B = 0.5 + 0.5 * Q
    assert abs(B) / (0.5 * s**2 * V + B) <= float(turning) + 1e-9
    assert -2 * (m**2 + r**2) * Q / (m**2 * V) <= float(unit) + 1e-9


@settings(max_examples=60, deadline=None)
@given(data=st.data(), e=st.floats(0.05, 0.8), edge=st.floats(0, 1.9))
def test_the_bound_of_lemma_8_holds_samples(data, e, edge):
    """The step's distance from the power iteration, wherever e_1 and the edge say."""
    high = edge + data.draw(st.floats(0, 0.05))
    if edge < 1 < high:
        high = 1.0
    box = [(e, e + data.draw(st.floats(0, 0.02))), (edge, high)]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 2))
    e1, at = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    larger = e1 * data.draw(st.floats(1, 1.5))
    rho, cosine = (1.0, at) if at <= 1 else (2 - at, 1.0)
    s = larger  # |mu|, with the same m and r
    m, r = e1**2 * rho * cosine, e1 * rho
    along = m / s
    theta, mu = np.array([along, np.sqrt(max(0.0, r**2 - along**2))]), np.array([s, 0.0])
    R = -population.gradient(theta, mu) - 2 * (m * mu - r**2 * theta)
    with ctx.workprec(verifier.PRECISION):
        _, most = verifier.KINDS["expansion"].bound({}, box)
    assert np.linalg.norm(R) / larger**5 <= float(most) + 1e-8 / larger**4


@pytest.mark.parametrize("box", [[(0.25, 0.25), (0.5, 0.5)], [(0.25, 0.25), (1.5, 1.5)]])
def test_the_series_and_the_sums_agree(monkeypatch, box):
    """Lemma 8's two enclosures at a point that both of them reach."""
    bound, got = verifier.KINDS["expansion"].bound, []
    monkeypatch.setattr(verifier, "ORDERS", (5,))
    for up_to in (0.0, 1.0):
        monkeypatch.setattr(verifier, "SERIES", up_to)
        with ctx.workprec(verifier.PRECISION):
            got.append(bound({}, box))
    with ctx.workprec(verifier.PRECISION):
        e2, rho2, c2 = (enclosures.Model(arb(x), [arb(0)] * 2, arb(0)) for x in (1 / 16, 1, 0.25))
        m, q = e2 * arb(0.5), e2
        for of, exact in (
            ("V", (enclosures.quotient(m, q) + -2) * 16),
            ("Q", (enclosures.forms(m, q, 1, [(1, 1)])[0] + q * 2 + -1) * 256),
        ):
            series = verifier._series(of, 5, e2, rho2, c2)
            assert series.ball().overlaps(exact.ball())
            assert exact.rest < 1e-9 < series.rest < 1
    assert got[0][0] <= got[1][1]
