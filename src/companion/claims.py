"""The contract (claims.toml) and the court: which claims held, and what was said wrongly.

claims.toml has one table per claim, ``[notebook.claim]``; :class:`Claim` lists its keys. A claim
passes two separate gates, the bound and the drift from its baseline, and its control must fail the
bound.
"""

import math
import tomllib
from pathlib import Path
from typing import Literal

import msgspec
from scipy import stats

CONFIDENCE = 0.99


class Broken(Exception):
    """Something the user must mend; its text is the one line that says what."""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quick: float | None = None
    full: float | None = None


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One claim, as claims.toml states it."""

    item: str  # the paper's item, as the map names it
    statement: str  # one plain sentence
    low: float | None = None  # at least one of low and high
    high: float | None = None
    whose: Literal["paper", "derived", "certified", "observed"]  # whose bound it is
    judge: Literal["value", "worst", "interval"]
    control: str  # what is made wrong on purpose
    format: str
    tolerance: float  # drift from the baseline that is allowed, absolute
    baseline: Baseline = Baseline()

    def show(self, number: float) -> str:
        return format(number, self.format)

    @property
    def limits(self) -> tuple[float, float]:
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    @property
    def bound(self) -> str:
        """The bound in words, as "at most 1e-12" or "from 4.98 to 5.02"."""
        if self.low is None:
            return f"at most {self.high:.7g}"
        if self.high is None:
            return f"at least {self.low:.7g}"
        return f"from {self.low:.7g} to {self.high:.7g}"


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


def load(path: Path) -> dict[str, Claim]:
    """Read claims.toml: {id: claim}, in file order. Raises :class:`Broken` with one line."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Broken(f"{path.name}: must be readable TOML: {error}") from None
    claims = {}
    for notebook, group in tables.items():
        if not isinstance(group, dict):
            raise Broken(f"{path.name}: {notebook}: got {group!r}, must be a table of claims")
        for name, table in group.items():
            id = f"{notebook}.{name}"
            try:
                claim = msgspec.convert(table, Claim)
                claim.show(1.0)
            except msgspec.ValidationError as error:
                raise Broken(f"{path.name}: {id}: {error}") from None
            except ValueError as error:
                raise Broken(f"{path.name}: {id}: format: {error}") from None
            if claim.low is None and claim.high is None:
                raise Broken(f"{path.name}: {id}: must have low, high or both")
            low, high = claim.limits
            if not low < high:
                raise Broken(f"{path.name}: {id}: low {low:g} must be < high {high:g}")
            if not claim.tolerance > 0:
                raise Broken(f"{path.name}: {id}: tolerance {claim.tolerance:g} must be > 0")
            claims[id] = claim
    return claims


def _summary(claim: Claim, values: list[float]) -> tuple[float, float, float, float]:
    """(value shown, half-width, lowest, highest): what the bound must contain, or exclude."""
    if claim.judge == "interval":
        mean = math.fsum(values) / len(values)
        error = stats.sem(values)
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * error)
        return mean, half, mean - half, mean + half
    low, high = claim.limits
    worst = min(values, key=lambda v: min(v - low, high - v))
    return worst, 0.0, min(values), max(values)


def rule(id: str, claim: Claim, records: list[dict], profile: str, absent: str) -> Ruling:
    """Judge one claim by what was recorded for it; ``absent`` says why nothing was."""

    def broken(fault, **known):
        return Ruling(id=id, claim=claim, fault=fault, **known)

    if not records:
        return broken(f"missing: {absent}")
    if len(records) > 1:
        return broken(f"recorded {len(records)} times, must be once")
    values, controls = records[0]["value"], records[0]["control"]
    for what, numbers in (("value", values), ("control", controls)):
        if not all(map(math.isfinite, numbers)):
            return broken(f"{what} is not finite: {numbers}")
        if claim.judge == "value" and len(numbers) != 1:
            return broken(f"{what} has {len(numbers)} numbers, must be one (judge = value)")
        if claim.judge != "value" and len(numbers) < 2:
            return broken(f"{what} has one number, must be one per seed (judge = {claim.judge})")
    low, high = claim.limits
    value, half, lowest, highest = _summary(claim, values)
    wrong, _, wrong_lowest, wrong_highest = _summary(claim, controls)
    held = low <= lowest and highest <= high
    if claim.judge == "interval":  # the whole interval outside, on one side
        control_failed = wrong_highest < low or high < wrong_lowest
    else:  # every seed outside
        control_failed = not any(low <= c <= high for c in controls)
    known = {
        "value": value,
        "spread": half or None,
        "control": wrong,
        "seeds": len(values) if claim.judge != "value" else None,
        "held": held,
        "control_failed": control_failed,
    }
    if not held:
        return broken(f"out of bound: {claim.show(value)} must be {claim.bound}", **known)
    if not control_failed:
        return broken(f"its control passed: {claim.show(wrong)} must not be {claim.bound}", **known)
    baseline = getattr(claim.baseline, profile)
    if baseline is None:
        return broken(f"has no {profile} baseline: run make baseline PROFILE={profile}", **known)
    if abs(value - baseline) > claim.tolerance:
        return broken(
            f"drifted: {value:.10g} must be within {claim.tolerance:g} of {baseline:.10g}", **known
        )
    return Ruling(id=id, claim=claim, **known)


def judge(
    claims: dict[str, Claim], records: list[dict], profile: str, unfit: dict[str, str]
) -> list[Ruling]:
    """Judge every claim, and refuse records that claims.toml does not know.

    ``unfit`` says, by name, what is wrong with a notebook that has no usable evidence.
    """
    unknown = sorted({r["claim"] for r in records} - claims.keys())
    if unknown:
        raise Broken(f"{unknown[0]}: recorded by a notebook, must be stated in claims.toml")
    return [
        rule(
            id,
            claim,
            [r for r in records if r["claim"] == id],
            profile,
            unfit.get(id.split(".")[0], "no notebook recorded it"),
        )
        for id, claim in claims.items()
    ]
