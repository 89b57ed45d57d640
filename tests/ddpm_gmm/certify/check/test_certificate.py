"""The checker: what is true passes, what was tampered with does not."""

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import Rejected, verify
from ddpm_gmm.certify.check import at

from .making import UNTRUE, made, norm, put, refused


@pytest.fixture(scope="module")
def certificate():
    return made(
        {"kind": "contraction", "map": "step", "mu": [1.5, 1.5078125], "rho": 0.25, "kappa": 0.15}
    )


def test_the_certificate_to_be_tampered_with_passes(certificate):
    verify(certificate)


def _lower(leaf):
    """Lower a leaf's bound to just below the value at one of its corners."""
    corners = itertools.product(*zip(leaf[:-1:2], leaf[1::2], strict=True))
    leaf[-1] = 0.9999 * max(norm("step", *corner) for corner in corners).item()


TAMPERED = {
    "kappa below the truth": (put(["statement", "kappa"], 0.09), "exceeds kappa"),
    "rho enlarged": (put(["statement", "rho"], 0.2578125), "no leaf covers"),
    "mu widened above": (put(["statement", "mu", 1], 1.5087890625), "no leaf covers"),
    "mu widened below": (put(["statement", "mu", 0], 1.499), "no leaf covers"),
    "a leaf removed": (lambda c: c["leaves"].pop(len(c["leaves"]) // 2), "no leaf covers"),
    "a side moved": (put(["leaves", 5, 3], lambda x: x - 2.0**-40), "no leaf covers"),
    "a bound lowered": (lambda c: _lower(c["leaves"][7]), UNTRUE),
    "every bound 0": (
        lambda c: c.update(leaves=[[*leaf[:-1], 0.0] for leaf in c["leaves"]]),
        "is false",
    ),
    "a bound above kappa": (put(["leaves", 7, -1], 0.1500001), "exceeds kappa"),
    "another map": (put(["statement", "map"], "EM"), UNTRUE),
    "an unknown map": (put(["statement", "map"], "Newton"), "map: got 'Newton'"),
    "an unknown kind": (put(["statement", "kind"], "expansions"), "kind: got 'expansions'"),
    "mu backwards": (put(["statement", "mu"], [2.0, 1.0]), "low <= high"),
    "mu no interval": (put(["statement", "mu"], 1.5), r"must be \[low, high\]"),
    "kappa a string": (put(["statement", "kappa"], "0.15"), "must be a finite number"),
    "kappa true": (put(["statement", "kappa"], True), "must be a finite number"),
    "rho negative": (put(["statement", "rho"], -0.25), "rho: got -0.25, must be > 0"),
    "no rho": (lambda c: c["statement"].pop("rho"), "exactly the fields"),
    "a field more": (put(["statement", "eta"], 1.0), "exactly the fields"),
    "a field more outside": (put(["note"], "true"), "exactly the fields"),
    "no leaves": (put(["leaves"], []), "at least one leaf"),
    "a leaf too large": (put(["leaves", 3, 5], 1.0), "sticks out"),
    "a short leaf": (lambda c: c["leaves"][3].pop(), "a list of 7 numbers"),
    "a leaf inside out": (put(["leaves", 3, 2], 9.0), "ends before it begins"),
    "a null": (put(["leaves", 3, 2], None), "must be a finite number"),
    "a huge integer": (put(["leaves", 3, 1], 10**400), "must be a finite number"),
    "precision": (put(["precision"], "80"), "precision: got '80'"),
    "versions": (put(["versions"], [1]), "versions: got"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_with_and_signed_anew_is_rejected(certificate, name):
    refused(certificate, *TAMPERED[name])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_rejected(certificate, bad):
    changed = copy.deepcopy(certificate)
    changed["leaves"][0][-1] = bad
    with pytest.raises(Rejected, match="plain JSON"):
        verify(changed)


@pytest.mark.parametrize("bad", [None, [], "certificate", {}, {"leaves": []}])
def test_what_is_no_certificate_is_rejected(bad):
    with pytest.raises(Rejected, match="certificate: got"):
        verify(bad)


@pytest.mark.parametrize("which", ["step", "EM", "G"])
def test_at_a_point_the_norm_lies_between_the_two_numbers(which):
    said = {"kind": "contraction", "map": which, "mu": [0.5, 1.0], "rho": 0.5, "kappa": 1.0}
    for point in ((0.5235, 0.5, 0.0), (1.0, 1.25, 0.25), (0.75, 1.0, 0.5)):
        low, high = at(said, point)
        assert low <= high <= low + 1e-9
        assert low - 1e-12 <= norm(which, *point) <= high + 1e-12
    with pytest.raises(Rejected, match="map: got 'Newton'"):
        at(said | {"map": "Newton"}, point)
    with pytest.raises(Rejected, match="point: got '1'"):
        at(said, ("1", 1.0, 0.0))


@settings(max_examples=200)
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
    with pytest.raises(Rejected, match="digest"):
        verify(changed)
