"""Every chapter at other root seeds: what its claims do there, and how likely a false alarm is.

A claim must hold by its mathematics and not by the luck of one seed. So the whole book is run at
twenty further root seeds; every claim is judged there by its bound and its control alone, since
drift is from what the book's own seed gave. How far the claims stayed from failing is kept in
``baselines/seeds.json``, and gives the odds of a false alarm at a seed that nobody has tried.
"""

import json
from concurrent.futures import Executor, as_completed
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from scipy import special

from companion import build, contract, evidence, paths, records, report, rulings
from companion.contract import Broken, Claim
from companion.sources import Sources

ROOTS = tuple(range(1001, 1021))  # fixed before any of them was looked at
TAKEN = {"quick": ROOTS, "full": ROOTS[:2]}
RUNS = paths.BUILD / "seeds"
MOST = 0.01  # false alarms of the whole book, a build


class Margins(msgspec.Struct, frozen=True):
    """How far a claim stayed from failing, root by root: its value inside, its control outside."""

    inside: list[float]
    outside: list[float]

    @property
    def sampled(self) -> bool:
        """Whether the root seed made any difference."""
        return len({*self.inside}) > 1 or len({*self.outside}) > 1

    @property
    def failed(self) -> int:
        """At how many roots it failed."""
        pairs = zip(self.inside, self.outside, strict=True)
        return sum(not (inside >= 0 and outside > 0) for inside, outside in pairs)

    @property
    def alarm(self) -> float:
        """The odds that it fails at a fresh root, by bound or by control."""
        return min(1.0, below_zero(self.inside) + below_zero(self.outside))


class Table(msgspec.Struct, frozen=True):
    """What `make seeds` found in one profile."""

    roots: list[int] = []
    code: dict[str, str] = {}  # by notebook: the digest of its code then
    exact: dict[str, int] = {}  # by notebook: how many of its claims know no seed
    claims: dict[str, Margins] = {}  # those that do


def below_zero(values) -> float:
    """The odds that one more number of the same kind is negative.

    Student's predictive tail, t = mean / (s sqrt(1 + 1/n)) with n - 1 degrees of freedom: right for
    normal numbers, and with its heavy tail on the safe side for those that are skew.

    Parameters
    ----------
    values : n >= 2 numbers; equal ones are taken as exact
    """
    values = np.asarray(values, dtype=float)
    n, s = len(values), values.std(ddof=1)
    if not s > 0:
        return float(values[0] < 0)
    return float(special.stdtr(n - 1, -values.mean() / (s * (1 + 1 / n) ** 0.5)))


def _name(profile: str) -> str:
    return f"seeds-{profile}.json"


def read(profile: str) -> Table:
    """What `make seeds` found in this profile; empty before its first run."""
    table = contract.kept(_name(profile), Table, "make seeds")
    if lost := sorted(table.code.keys() ^ table.exact.keys()):
        must = "must be what `make seeds` wrote"
        raise Broken(f"baselines/{_name(profile)}: got half of {lost[0]}, {must} (a bad merge?)")
    return table


def _write(profile: str, table: Table) -> None:
    """One line a claim, with four digits: a change of the table is to be read."""

    def short(values):
        return [float(f"{v:.4g}") for v in values]

    head = [
        f" {json.dumps(k)}: {json.dumps(getattr(table, k))}" for k in ("roots", "code", "exact")
    ]
    lines = [
        f'  {json.dumps(id)}: {{"inside": {short(m.inside)}, "outside": {short(m.outside)}}}'
        for id, m in sorted(table.claims.items())
    ]
    text = ",\n".join([*head, ' "claims": {\n' + ",\n".join(lines) + "\n }"])
    paths.write(paths.BASELINES / _name(profile), "{\n" + text + "\n}\n")


def target(profile: str, root: int, name: str) -> Path:
    return RUNS / profile / str(root) / f"{name}.ipynb"


def _executed(path: Path, made_from: str) -> dict | None:
    """The executed notebook that stands there, if it was made from this."""
    try:
        notebook = json.loads(path.read_bytes())
        evidence.outputs(notebook)  # refused where it has no cells
        return notebook if notebook["metadata"]["companion"]["made_from"] == made_from else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _renew(sources: Sources, names, roots, executor: Executor) -> list[str]:
    """Run what has not been run from the code at hand; the faults of those that did not end."""
    profile, jobs = sources.profile, {}
    for root in roots:
        for name in names:
            made_from = sources.of_notebook(name, root)
            if _executed(target(profile, root, name), made_from) is None:
                work = partial(build.run, target=target(profile, root, name), seed=root)
                jobs[executor.submit(work, name, profile, made_from)] = (root, name)
    faults = []
    for ready, job in enumerate(as_completed(jobs), 1):
        root, name = jobs[job]
        try:
            took = f"{job.result():6.1f} s"
        except Broken as error:
            faults.append(f"seed {root}: {error}")
            took = "FAILED"
        report.say(f"ran   {name:<18} seed {root:<8} {took}   [{ready}/{len(jobs)}]")
    return faults


def _margins(runs: dict[int, dict], claims: dict[str, Claim]) -> tuple[dict, list[str]]:
    """{claim: Margins} over one chapter's executed notebooks, by root; and what went wrong."""
    pairs, faults = {}, []
    for root, notebook in runs.items():
        for record in records.read(notebook):
            id = record["claim"]
            fault = "is in no contract" if id not in claims else rulings.unfit(claims[id], record)
            if fault:
                faults.append(f"claim {id} at root seed {root}: {fault}")
            else:
                pairs.setdefault(id, {})[root] = rulings.margins(claims[id], record)
    whole = {id: Margins(*map(list, zip(*at.values(), strict=True))) for id, at in pairs.items()}
    for id, at in pairs.items():
        if bad := [
            str(root) for root, (inside, outside) in at.items() if inside < 0 or outside <= 0
        ]:
            faults.append(f"claim {id} fails at {len(bad)} of {len(at)} roots: {', '.join(bad)}")
    return whole, faults


def _say(claims: dict[str, Margins]) -> None:
    """The claims most likely to fail at a fresh seed, and the odds that any of them does."""
    for id in sorted(claims, key=lambda id: -claims[id].alarm)[:20]:
        report.say(f"{claims[id].alarm:8.1e}  {id}")
    report.say(f"odds of a false alarm at a fresh root seed: {total(claims):.2%} a build")


def total(claims: dict[str, Margins]) -> float:
    """The claims' odds of a false alarm, added up."""
    return sum(m.alarm for m in claims.values())


def run(profile: str, names: list[str], asked: list[int], executor: Executor) -> None:
    """What :func:`_run_all` does, where no other run of this profile is at work."""
    with build.alone(RUNS / profile):
        _run_all(profile, names, asked, executor)


def _run_all(profile: str, names: list[str], asked: list[int], executor: Executor) -> None:
    """Run these notebooks (all, where none is named) at these roots, or at the twenty.

    Says which claims fail, and the odds of it. What has been run from the code at hand is not run
    again. The table that the status page shows is renewed where no roots are asked for.
    """
    claims, sources = contract.load(), Sources(profile)
    sources.check()
    unknown = sorted({*names} - {*paths.notebooks()})
    if unknown:
        raise Broken(f"NAME: got {unknown[0]!r}, must be one of {', '.join(paths.notebooks())}")
    names = names or paths.notebooks()
    roots = tuple(dict.fromkeys(asked)) or TAKEN[profile]
    faults = _renew(sources, names, roots, executor)
    old = read(profile) if not asked else Table()
    kept = {name for name in old.code if name in paths.notebooks() and name not in names}
    code, exact = ({name: part[name] for name in kept} for part in (old.code, old.exact))
    sampled = {id: m for id, m in old.claims.items() if id in claims}
    for name in names:
        found = {
            r: _executed(target(profile, r, name), sources.of_notebook(name, r)) for r in roots
        }
        margins, wrong = _margins({r: n for r, n in found.items() if n is not None}, claims)
        faults += wrong
        moved = {id: m for id, m in margins.items() if m.sampled or m.failed}
        code[name], exact[name] = sources.code_of(name), len(margins) - len(moved)
        sampled = {id: m for id, m in sampled.items() if id not in margins} | moved
    if len(roots) == len(ROOTS):
        _say(sampled)
    if not asked:
        _write(profile, Table(list(roots), dict(sorted(code.items())), exact, sampled))
    if total(sampled) > MOST and len(roots) == len(ROOTS):
        faults.append(
            f"seeds: got {total(sampled):.2%} false alarms a build, must be at most {MOST:.0%}"
        )
    if faults:
        raise Broken("\n".join(faults))
    report.say(f"every claim held at {len(roots)} root seeds")
