"""Checks a certificate: its digest, its fields, its cover, its bounds."""

import hashlib
import json
from fractions import Fraction

from flint import ctx

from ddpm_gmm.certify.check import (
    contraction,
    expansion,
    landing,
    length,
    turning,
    unit_step,
)
from ddpm_gmm.certify.check.confirm import confirmed
from ddpm_gmm.certify.check.cover import covered
from ddpm_gmm.certify.check.fields import Rejected, exactly, number

PRECISION = 64  # bits
KINDS = {
    "contraction": contraction,
    "expansion": expansion,
    "turning": turning,
    "unit_step": unit_step,
    "length": length,
    "landing": landing,
}


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


def _kind(certificate):
    """The kind of what is certified, where everything but the leaves is as it must be."""
    exactly("certificate", certificate, ("statement", "leaves", "precision", "versions", "sha256"))
    if certificate["sha256"] != digest(certificate):
        raise Rejected("sha256: the digest is not that of the certificate's content")
    statement = certificate["statement"]
    name = statement.get("kind") if isinstance(statement, dict) else None
    if not isinstance(name, str) or name not in KINDS:
        raise Rejected(f"kind: got {name!r}, must be one of {', '.join(KINDS)}")
    KINDS[name].check(statement)
    precision, versions = certificate["precision"], certificate["versions"]
    if type(precision) is not int or precision < 2:
        raise Rejected(f"precision: got {precision!r}, must be a whole number of bits >= 2")
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise Rejected(f"versions: got {versions!r}, must be names with versions, all strings")
    return KINDS[name]


def _boxes(kind, statement, leaves):
    """The leaves' boxes, each within the region's and with a bound that does what is asked."""
    if not isinstance(leaves, list) or not leaves:
        raise Rejected("leaves: must be a list with at least one leaf")
    target, region, boxes = statement[kind.TARGET], kind.region(statement), []
    for at, leaf in enumerate(leaves):
        name, wanted = f"leaves[{at}]", 2 * kind.SIDES + 1
        if not isinstance(leaf, list) or len(leaf) != wanted:
            raise Rejected(f"{name}: got {leaf!r}, must be a list of {wanted} numbers")
        for x in leaf:
            number(name, x)
        box, bound = tuple(zip(leaf[:-1:2], leaf[1::2], strict=True)), leaf[-1]
        if not all(low <= high for low, high in box):
            raise Rejected(f"{name}: got {leaf!r}, a side ends before it begins")
        if not bound <= target:
            raise Rejected(f"{name}: its bound {bound!r} exceeds {kind.TARGET} = {target!r}")
        if not all(a <= low and high <= b for (low, high), (a, b) in zip(box, region, strict=True)):
            raise Rejected(f"{name}: got {leaf!r}, which sticks out of the region's box")
        boxes.append(box)
    return boxes


def verify(certificate) -> dict:
    """Check a certificate, see :mod:`ddpm_gmm.certify.check`.

    Returns
    -------
    the verdict, a dict of plain JSON: the statement that was ruled on, the largest of the leaves'
    bounds, every one of which was confirmed, the number of leaves, and how many boxes were
    enclosed for them

    Raises
    ------
    Rejected : with what is wrong
    """
    kind = _kind(certificate)
    statement, leaves = certificate["statement"], certificate["leaves"]
    boxes = _boxes(kind, statement, leaves)
    covered(kind, statement, [[tuple(map(Fraction, side)) for side in box] for box in boxes])
    with ctx.workprec(PRECISION):
        taken = sum(
            confirmed(kind, statement, at, boxes[at], leaves[at][-1])
            for at in reversed(range(len(leaves)))
        )
    largest = max(leaf[-1] for leaf in leaves)
    return {"statement": statement, "bound": largest, "leaves": len(leaves), "boxes": taken}


def at(statement: dict, point) -> tuple[float, float]:
    """Between which two numbers a statement's quantity lies at one point of its region.

    What is certainly above the target there disproves the statement, whatever leaves it may have.

    Parameters
    ----------
    statement : as in a certificate
    point : floats, one for each side of a box

    Raises
    ------
    Rejected : where the statement's fields are not as they must be
    """
    kind = KINDS[statement["kind"]]
    kind.check(statement)
    with ctx.workprec(PRECISION):
        low, high = kind.bound(statement, [(number("point", x),) * 2 for x in point])
        return float(low.lower()), float(high.upper())
