"""Links: what the certificates' verdicts leave no gap between, and what leaves one."""

from fractions import Fraction

import numpy as np
import pytest

from ddpm_gmm import certify
from ddpm_gmm.certify.check import KINDS, chain, hand
from ddpm_gmm.certify.prove import two_stages

# As if every certificate of the book had been accepted with its target as its largest bound.
TARGETS = {kind: room.TARGET for kind, room in KINDS.items()}
VERDICTS = {
    name: {"statement": said, "bound": said[TARGETS[said["kind"]]]}
    for name, said in certify.statements().items()
}


def without(name):
    return [v for n, v in VERDICTS.items() if n != name]


def changed(name, **said):
    verdict = VERDICTS[name]
    return [*without(name), {**verdict, "statement": verdict["statement"] | said}]


@pytest.mark.parametrize(
    ("intervals", "least"),
    [
        ([(1, 2), (2, 4)], 1),
        ([(2, 4), (1, 2)], 1),
        ([(0, 3), (1, 2), (3, 5)], 0),  # one inside another, ends beyond
        ([(1, 4)], 1),
        ([(1, 2), (3, 4)], 3),
        ([(1, 2), (np.nextafter(2, 3), 4)], np.nextafter(2, 3)),  # a gap of one rounding
        ([(1, np.nextafter(4, 3))], 4),  # ends early
        ([(5, 6)], 4),
        ([], 4),
    ],
)
def test_a_gap_is_seen_wherever_it_is(intervals, least):
    assert chain.reach(intervals, 4.0) == Fraction(float(least))


@pytest.mark.parametrize(
    ("which", "low"), [("step", 2145 / 4096), ("EM", 2693 / 4096), ("G", 1 / 2)]
)
def test_the_books_factors_hold_from_the_stated_separation_to_six(which, low):
    found = list(VERDICTS.values())
    assert chain.least(found, which, 0.5, 6) == Fraction(low)
    factor = chain.factor(found, which, 0.5, low, 6)
    assert factor < 1
    assert chain.factor(found, which, 0.5, 1.0, 1.0) <= factor
    with pytest.raises(certify.Rejected, match="no verdict holds"):
        chain.factor(found, which, 0.5, np.nextafter(low, 0), 6)
    with pytest.raises(certify.Rejected, match="no verdict holds"):
        chain.factor(found, which, 0.5, low, np.nextafter(6, 7))


def test_the_smallest_of_overlapping_factors_counts_and_the_largest_of_those():
    said = {"kind": "contraction", "map": "G", "rho": 0.5}
    sides = ((1, 3), 0.9), ((1, 2), 0.5), ((2, 3), 0.6), ((2.5, 2.5), 0.1)
    found = [{"statement": said | {"mu": list(mu)}, "bound": bound} for mu, bound in sides]
    assert chain.factor(found, "G", 0.5, 1, 3) == 0.6
    assert chain.factor(found, "G", 0.5, 2.5, 2.5) == 0.1
    assert chain.least(found, "G", 0.5, 3, below=0.6) == 3
    assert chain.least(found, "EM", 0.5, 3) == 3


def test_the_chain_is_the_provers():
    """Found by another search: the checker is not told which landing follows which."""
    own, theirs = chain.two_stages(VERDICTS.values()), two_stages.linked()
    assert tuple(own.pieces) == theirs.pieces
    assert own[1:] == theirs[1:]
    given = (1.0, 2.0), 100, 0.01, 1e-6, 1.0, 0.3
    assert two_stages.steps(*given, own) == two_stages.steps(*given)


LINKS = [n for n in VERDICTS if n.startswith(("two-stages", "landing", "length"))]


@pytest.mark.parametrize("name", LINKS)
def test_a_link_left_out_is_noticed(name):
    with pytest.raises(certify.Rejected):
        chain.two_stages(without(name))


@pytest.mark.parametrize("name", [n for n in LINKS if n != "length"])
def test_a_link_that_begins_late_or_ends_early_is_noticed(name):
    said = VERDICTS[name]["statement"]
    for key in {"x", "mu"} & said.keys():
        low, high = said[key]
        if key == "mu":  # a neighbour may hold one end, no other statement the whole interval
            changes = [[np.nextafter(low, 9).item(), high], [low, np.nextafter(high, 0).item()]]
        else:
            changes = [[np.nextafter(low, 9).item(), high]]
        for side in changes:
            with pytest.raises(certify.Rejected):
                chain.two_stages(changed(name, **{key: side}))


def test_a_last_radius_beyond_the_ball_is_noticed():
    with pytest.raises(certify.Rejected, match="the chain leads from"):
        chain.two_stages(changed("landing-2-4-1", radius=np.nextafter(0.25, 1).item()))


def test_no_seam_is_open():
    assert chain.open_seams(VERDICTS.values()) == []


@pytest.mark.parametrize(
    ("name", "key", "end", "up", "seam"),
    [
        ("expansion-middle", "e", 0, True, "expansion"),
        ("expansion-middle", "e", 1, False, "expansion"),
        ("unit-step", "m", 1, False, "unit step"),
        ("unit-step", "r", 1, False, "unit step"),
        ("unit-step", "r", 0, True, "unit step"),
        ("length", "mu", 1, False, "length"),
        ("length", "r", 1, False, "length"),
        ("length", "corner", 0, True, "length"),
        ("length", "corner", 1, True, "length"),
        ("contraction-step-3.5-4-rho-0.5-factor", "mu", 1, False, "contraction step"),
        ("contraction-em-3.5-4-rho-0.5-factor", "mu", 1, False, "contraction EM"),
        ("contraction-g-3-4-rho-0.5-factor", "mu", 1, False, "contraction G"),
    ],
)
def test_an_edge_moved_by_one_rounding_opens_its_seam(name, key, end, up, seam):
    side = list(VERDICTS[name]["statement"][key])
    side[end] = np.nextafter(side[end], 99 if up else -99).item()
    assert chain.open_seams(changed(name, **{key: side})) == [seam]


@pytest.mark.parametrize(("kind", "seam"), [("expansion", 6.0), ("unit_step", 1.0), ("length", 0)])
def test_a_bound_above_what_the_hand_proof_goes_on_with_opens_its_seam(kind, seam):
    found = [
        {**v, "bound": max(v["bound"], np.nextafter(seam, 9).item())}
        if v["statement"]["kind"] == kind
        else v
        for v in VERDICTS.values()
    ]
    assert chain.open_seams(found) == [kind.replace("_", " ")]


def test_the_hand_proofs_constants_are_those_that_the_steps_use():
    assert hand.INEQUALITIES["stages: 23"].most == str(two_stages.SHRINKS)
