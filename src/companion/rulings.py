"""The court: which claims held, and what was said wrongly.

A claim passes two separate gates, the bound, which its control must fail, and the drift from its
baseline, where its contract states a tolerance.
"""

import math
from pathlib import Path

import msgspec

from companion.contract import Broken, Claim
from companion.statistics import t_interval


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one claim. ``fault`` is None where it held and its control failed."""

    id: str
    claim: Claim
    value: float | None = None
    spread: float | None = None  # half-width of the 99 % interval, where judged by interval
    control: float | None = None
    seeds: int | None = None
    held: bool = False
    control_failed: bool = False
    notebook: str | None = None  # the one that recorded it
    fault: str | None = None


class Rulings(msgspec.Struct, frozen=True):
    """The whole of claims.json: what every page that shows a claim reads."""

    profile: str
    commit: str
    rulings: list[Ruling]

    @classmethod
    def read(cls, path: Path) -> "Rulings":
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def text(self) -> str:
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode() + "\n"


def _summary(claim: Claim, values: list[float]) -> tuple[float, float, float, float]:
    """(value shown, half-width, lowest, highest): what the bound must contain, or exclude."""
    if claim.judge == "interval":
        mean, half = map(float, t_interval(values))
        return mean, half, mean - half, mean + half
    low, high = claim.limits
    worst = min(values, key=lambda v: min(v - low, high - v))
    return worst, 0.0, min(values), max(values)


def _shown(claim: Claim, values: list[float]) -> str:
    """What the bound was held against: a number, or the whole of an interval."""
    value, half, low, high = _summary(claim, values)
    if not half:
        return claim.show(value)
    ends = f"the whole interval from {claim.show(low)} to {claim.show(high)}"
    return f"{claim.show(value)} ± {claim.show(half)}, {ends},"


def margins(claim: Claim, record: dict) -> tuple[float, float]:
    """How far the value stays inside its bound, and how far the control stays outside of it.

    Of the end that comes nearest: of the interval, or of the numbers. Negative where it is on the
    wrong side.
    """
    low, high = claim.limits
    _, _, lowest, highest = _summary(claim, record["value"])
    _, _, wrong_lowest, wrong_highest = _summary(claim, record["control"])
    if claim.judge == "interval":  # the whole interval outside, on one side
        outside = max(low - wrong_highest, wrong_lowest - high)
    else:  # every seed outside
        outside = min(max(low - c, c - high) for c in record["control"])
    return min(lowest - low, high - highest), outside


def unfit(claim: Claim, record: dict) -> str | None:
    """What makes a record useless: numbers that are not finite, or not as many as are judged."""
    for what in ("value", "control"):
        numbers = record[what]
        if not all(map(math.isfinite, numbers)):
            return f"{what} is not finite: {numbers}"
        if claim.judge == "value" and len(numbers) != 1:
            return f"{what} has {len(numbers)} numbers, must be one (judge = value)"
        if claim.judge != "value" and len(numbers) < 2:
            return f"{what} has one number, must be one per seed (judge = {claim.judge})"
    return None


def rule(
    id: str, claim: Claim, records: list[dict], baseline: float | None, profile: str, absent: str
) -> Ruling:
    """Judge one claim by what was recorded for it; ``absent`` says why nothing was."""

    def broken(fault, **known):
        return Ruling(id=id, claim=claim, fault=fault, **known)

    if not records:
        return broken(f"missing: {absent}")
    if len(records) > 1:
        where = ", ".join(f"cell {r['cell']} of {r['notebook']}" for r in records)
        return broken(f"recorded {len(records)} times, must be once ({where})")
    record = records[0]
    if fault := unfit(claim, record):
        return broken(fault)
    value, half, *_ = _summary(claim, record["value"])
    wrong = _summary(claim, record["control"])[0]
    inside, outside = margins(claim, record)
    held, control_failed = inside >= 0, outside > 0
    known = {
        "value": value,
        "spread": half or None,
        "control": wrong,
        "seeds": len(record["value"]) if claim.judge != "value" else None,
        "held": held,
        "control_failed": control_failed,
        "notebook": record["notebook"],
    }
    if not held:
        return broken(
            f"out of bound: {_shown(claim, record['value'])} must be {claim.bound}", **known
        )
    if not control_failed:
        passed = _shown(claim, record["control"])
        return broken(f"its control passed: {passed} must not be {claim.bound}", **known)
    if claim.tolerance is not None:
        if baseline is None:
            words = f'PROFILE={profile} CLAIMS="{id}"'
            return broken(f"has no {profile} baseline: run make baseline {words}", **known)
        if abs(value - baseline) > claim.tolerance:
            return broken(
                f"drifted: {value:.10g} must be within {claim.tolerance:g} of {baseline:.10g}",
                **known,
            )
    return Ruling(id=id, claim=claim, **known)


def judge(
    claims: dict[str, Claim],
    records: list[dict],
    baselines: dict[str, float],
    profile: str,
    unfit: dict[str, str],
) -> list[Ruling]:
    """Judge every claim, and refuse records that no contract knows.

    ``unfit`` says, by contract, what is wrong with a notebook that has no usable evidence.
    """
    unknown = sorted({r["claim"] for r in records} - claims.keys())
    if unknown:
        contract = unknown[0].partition(".")[0]
        raise Broken(
            f"{unknown[0]}: recorded by a notebook, must be stated in notebooks/{contract}.toml"
        )
    return [
        rule(
            id,
            claim,
            [r for r in records if r["claim"] == id],
            baselines.get(id),
            profile,
            unfit.get(
                id.partition(".")[0],
                f'no notebook recorded it, must be one: record("{id}", value, control=...)',
            ),
        )
        for id, claim in claims.items()
    ]
