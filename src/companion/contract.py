"""The contracts: every claim of the book, stated once in a file beside its notebook.

``notebooks/lemma-10.toml`` names the paper's item at its top, then has one table a claim; the id of
``[inner-product]`` there is ``lemma-10.inner-product``, whichever notebook records it. What was
measured is not in it: baselines are generated data, ``baselines/quick.json`` and ``full.json``.
"""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from companion import paths, words


class Broken(Exception):
    """Something the user must mend; each line of its text says what, by name."""


def read(path: Path) -> str:
    """The text of a file of the project; :class:`Broken` where it is none."""
    return decoded(path, path.read_bytes())


def decoded(path: Path, data: bytes) -> str:
    """The text in these bytes of the file; :class:`Broken` where it is none."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Broken(f"{paths.shown(path)}: must be text in UTF-8: {error}") from None


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One claim, as its contract states it."""

    statement: str  # one plain sentence; a fitted order or rate states its range
    low: float | None = None  # the bound, one side or both, chosen from the mathematics
    high: float | None = None
    whose: Literal["paper", "derived", "certified", "observed"]  # whose bound it is
    judge: Literal["value", "worst", "interval"]  # one number, every seed, or the seeds' mean
    control: str  # what is made wrong on purpose; the same measurement must then fail the bound
    format: str  # how the number is printed
    tolerance: float | None = None  # drift from the baseline that is allowed; none: bound alone
    item: str = ""  # a row of book/map.toml; the contract's unless the claim names another

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

    def room(self, baseline: float) -> float:
        """How far a value can lie from the baseline and still be inside the bound.

        Where one side is open and baseline and bound have one sign, 0 closes it: an error or a
        share does not change its sign.
        """
        low, high = self.limits
        if baseline >= 0:
            low = max(low, 0.0) if self.low is None else low
        if baseline <= 0:
            high = min(high, 0.0) if self.high is None else high
        return max(baseline - low, high - baseline)


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A size of the notebook that a reader may change: a whole number, from low to high."""

    says: str
    low: int
    high: int


REQUIRED = [f.name for f in msgspec.structs.fields(Claim) if f.required]


def _faults(table) -> list[str]:
    """Everything that is wrong with one table of a contract."""
    faults = words.faults(table, Claim, [*REQUIRED, "low or high"])
    told = {fault.partition(":")[0] for fault in faults}
    if not isinstance(table, dict):
        return faults
    if "format" in table and "format" not in told:
        try:
            format(1.0, table["format"])
        except ValueError as error:
            faults.append(f"format: {error}")
    for key in ("statement", "control"):
        if key in table and key not in told and not table[key].strip():
            faults.append(f"{key}: got {table[key]!r}, must say it")
    if {"low", "high", "tolerance"} & told:
        return faults
    endless = [k for k in ("low", "high", "tolerance") if not math.isfinite(table.get(k, 0))]
    if endless:
        return faults + [f"{key}: got {table[key]}, must be finite" for key in endless]
    low, high, tolerance = (table.get(key) for key in ("low", "high", "tolerance"))
    if None not in (low, high) and not low < high:
        faults.append(f"low {low:g} must be < high {high:g}")
    elif tolerance is not None and not tolerance > 0:
        faults.append(f"tolerance {tolerance:g} must be > 0, or be left out")
    elif None not in (low, high, tolerance) and tolerance >= high - low:
        faults.append(f"tolerance {tolerance:g} {NEVER} is {high - low:.3g} wide: {SMALLER}")
    return faults


NEVER = "cannot fire inside the bound, which"
SMALLER = "make it smaller, or leave it out where the bound alone is meant"


def _parameters(tables: dict) -> tuple[dict[str, Parameter], list[str]]:
    """What a contract lets a reader change, and what is wrong with it."""
    stated, faults = tables.get("reader", {}), []
    if not isinstance(stated, dict):
        return {}, [f"reader: got {stated!r:.40}, must be a table"]
    for name, table in stated.items():
        wrong = words.faults(table, Parameter, ("says", "low", "high"))
        if not wrong and not 1 <= table["low"] <= table["high"]:
            wrong = ["must have 1 <= low <= high"]
        faults += [f"reader: {name}: {fault}" for fault in wrong]
    return ({}, faults) if faults else (msgspec.convert(stated, dict[str, Parameter]), [])


def parameters(name: str) -> dict[str, Parameter]:
    """The sizes of the notebook ``name`` that a reader may change, as its contract states them."""
    path = paths.NOTEBOOKS / f"{paths.contract_of(name)}.toml"
    return _parameters(tomllib.loads(path.read_text(encoding="utf-8")))[0]


def _read(path: Path) -> tuple[dict[str, Claim], list[str]]:
    """The claims of one contract, and everything that is wrong with it."""
    name, shown = path.stem, paths.shown(path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{shown}: must be readable TOML: {error}"]
    item, long = tables.pop("item", None), tables.pop("long", False)
    faults = [f"{shown}: {fault}" for fault in _parameters(tables)[1]]
    tables.pop("reader", None)
    if not isinstance(item, str) or not item:
        faults.append(f"{shown}: item: got {item!r}, must be a row of book/map.toml, at the top")
    if not isinstance(long, bool):
        faults.append(f"{shown}: long: got {long!r}, must be true or false")
    if not any(paths.contract_of(n) == name for n in paths.notebooks()):
        faults.append(f"{shown}: has no notebook of its name beside it")
    claims = {}
    for key, table in tables.items():
        wrong = _faults(table)
        faults += [f"{shown}: {name}.{key}: {fault}" for fault in wrong]
        if not wrong:
            claims[f"{name}.{key}"] = msgspec.convert({"item": str(item)} | table, Claim)
    return claims, faults


def _in_reading_order() -> list[Path]:
    """The contracts in the order in which the contents name their chapters, the others last."""
    contents = paths.ROOT / "_toc.yml"
    text = read(contents) if contents.exists() else ""

    def place(path):
        found = re.search(rf"notebooks/{re.escape(path.stem)}\s", text)
        return (found.start() if found else len(text), path.stem)

    return sorted(paths.files(paths.NOTEBOOKS, "*.toml"), key=place)


def load() -> dict[str, Claim]:
    """Every claim, {id: claim}, contract by contract in the order in which the book is read.

    Raises :class:`Broken` with a line for everything that is wrong in any of them.
    """
    claims, faults = {}, []
    for path in _in_reading_order():
        found, wrong = _read(path)
        claims |= found
        faults += wrong
    if faults:
        raise Broken("\n".join(faults))
    return claims


def long_ones() -> set[str]:
    """The contracts whose notebooks take long, so that a build starts with them."""
    return {
        path.stem
        for path in paths.files(paths.NOTEBOOKS, "*.toml")
        if tomllib.loads(path.read_text(encoding="utf-8")).get("long", False)
    }


def kept(name: str, kind, command: str):
    """What the command wrote into this file of baselines; ``kind()`` before its first run."""
    path = paths.BASELINES / name
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else kind()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Broken(f"{paths.shown(path)}: got {error}, must be what `{command}` wrote") from None


def baselines(profile: str) -> dict[str, float]:
    """What `make baseline` measured in this profile, {id: value}; empty before its first run."""
    return kept(f"{profile}.json", dict[str, float], "make baseline")


def write_baselines(profile: str, values: dict[str, float]) -> None:
    """One line a claim, sorted by id."""
    lines = (f" {json.dumps(id)}: {json.dumps(values[id])}" for id in sorted(values))
    paths.write(paths.BASELINES / f"{profile}.json", "{\n" + ",\n".join(lines) + "\n}\n")


def check_baselines(claims: dict[str, Claim], profile: str) -> dict[str, float]:
    """The baselines of a profile, if each belongs to a claim and each tolerance can be exceeded.

    A drift gate that lets through whatever the bound lets through checks nothing.
    """
    measured = baselines(profile)
    faults = [
        f"baselines/{profile}.json: {id}: is no claim of any contract: make baseline"
        for id in sorted(measured.keys() - claims.keys())
    ]
    for id, claim in claims.items():
        if claim.tolerance is None or id not in measured:
            continue
        room = claim.room(measured[id])
        if claim.tolerance >= room:
            faults.append(
                f"{id}: tolerance {claim.tolerance:g} {NEVER} leaves {room:.3g} about the"
                f" {profile} baseline {measured[id]:.6g}: {SMALLER}"
            )
    if faults:
        raise Broken("\n".join(faults))
    return measured
