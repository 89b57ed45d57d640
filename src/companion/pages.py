"""The pages that are made from the rulings: cards, ledger, map of the paper, status."""

import ast
import re
import tomllib

import msgspec

from companion import paths, syntax, words
from companion.contract import Broken, read
from companion.rulings import Ruling
from companion.seeds import MOST, Table, total
from companion.sources import commit

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WHOSE = {
    "paper": "the paper's bound",
    "derived": "bound derived here",
    "certified": "bound proved here by ball arithmetic",
    "observed": "bound observed here",
}
JUDGED = {
    "value": "one number",
    "worst": "the worst of {seeds} seeds",
    "interval": "mean of {seeds} seeds ± {spread}, a 99 % interval",
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of the paper's index, as book/map.toml lists it."""

    item: str
    says: str
    notebooks: list[str] = []
    functions: list[str] = []
    missing: str = ""  # what of the item is not covered yet; empty when nothing is


def load_map() -> list[Row]:
    """Read book/map.toml; refuse a row with a function that the package has not."""
    path = paths.ROOT / "book" / "map.toml"
    try:
        rows = msgspec.convert(tomllib.loads(read(path))["row"], list[Row])
    except (OSError, KeyError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Broken(f"{paths.shown(path)}: must be TOML, with its rows: {error}") from None
    named = [(row.item, function) for row in rows for function in row.functions]
    known = _functions() if named else set()
    faults = [
        f"{paths.shown(path)}: {item}: got {function!r}, must be a function of ddpm_gmm"
        + words.perhaps(function, known)
        for item, function in named
        if function not in known
    ]
    if faults:
        raise Broken("\n".join(faults))
    return rows


def _functions() -> set[str]:
    """What ddpm_gmm defines, or a package of it exports, as "pair.population.gradient"."""
    home, found = paths.SOURCE / "ddpm_gmm", set()
    for path in paths.files(home, "**/*.py"):
        *rooms, module = path.relative_to(home).with_suffix("").parts
        exports = module == "__init__"
        try:
            nodes = syntax.parsed(read(path)).body
        except SyntaxError as error:
            where = f"{paths.shown(path)}: line {error.lineno}"
            raise Broken(f"{where}: must be Python: {error.msg}") from None
        for node in nodes:
            names = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
            if exports and isinstance(node, ast.ImportFrom):
                names = [alias.asname or alias.name for alias in node.names]
            found |= {".".join([*rooms, *([] if exports else [module]), name]) for name in names}
    return found


def label(id: str) -> str:
    """The cross-reference label of a claim's place in the ledger."""
    return "claim-" + id.replace(".", "-")


def readable(text: str) -> str:
    """Write 1.2e-13 as 1.2 × 10⁻¹³, and 6.3e+01 as 63, wherever it stands in the text."""

    def rewrite(match):
        mantissa, exponent = match[1], int(match[2])
        if -3 <= exponent <= 3:
            return f"{float(match[0]):g}"
        return f"{mantissa} × 10" + str(exponent).translate(SUPERSCRIPT)

    return re.sub(r"(-?[\d.]+)e([+-]\d+)", rewrite, text)


def card(ruling: Ruling, *, in_ledger: bool = False) -> str:
    """A claim as MyST markdown: statement, measured value, bound, control."""
    claim, id = ruling.claim, ruling.id
    fine = ruling.fault is None
    name = f"`{id}`" if in_ledger else f"{{ref}}`{id} <{label(id)}>`"
    verdict, mark = ("held", "held") if fine else ("failed", "partly")
    lines = [f"::::{{container}} claim claim-{verdict}", "", f"{name} {{{mark}}}`{verdict}`", ""]
    lines += [claim.statement, ""]
    if ruling.value is not None:
        spread = readable(claim.show(ruling.spread)) if ruling.spread else ""
        how = JUDGED[claim.judge].format(seeds=ruling.seeds, spread=spread)
        lines += [
            f"Measured **{readable(claim.show(ruling.value))}** ({how}); "
            f"must be {readable(claim.bound)} ({WHOSE[claim.whose]}).",
            "",
            f"Control: {claim.control} It gave **{readable(claim.show(ruling.control))}**, "
            f"{'outside the bound, as it must' if ruling.control_failed else 'INSIDE the bound'}.",
            "",
        ]
    if not fine:
        lines += [f"Fault: {ruling.fault}.", ""]
    return "\n".join([*lines, "::::", ""])


def ledger(rulings: list[Ruling]) -> str:
    """Every claim, by notebook: a table to scan, then the cards."""
    held = sum(r.fault is None for r in rulings)
    out = [f"**{held} of {len(rulings)} claims held**, and each control failed its bound.", ""]
    for notebook in dict.fromkeys(r.id.split(".")[0] for r in rulings):
        own = [r for r in rulings if r.id.split(".")[0] == notebook]
        out += [f"## {own[0].claim.item}", "", f"From {{doc}}`/notebooks/{notebook}`.", ""]
        out += ["| claim | measured | must be | control | bound |", "|---|--:|---|--:|---|"]
        for r in own:
            value, control = (
                "" if v is None else readable(r.claim.show(v)) for v in (r.value, r.control)
            )
            short = r.id.split(".", 1)[1]
            out.append(
                f"| {{ref}}`{short} <{label(r.id)}>` | {value} "
                f"| {readable(r.claim.bound)} | {control} | {r.claim.whose} |"
            )
        out.append("")
        for r in own:
            out += [f"({label(r.id)})=", "", card(r, in_ledger=True)]
    return "\n".join(out)


def status_of(row: Row, rulings: list[Ruling]) -> str:
    """held here: all its claims held and nothing is missing; partly; not yet: no notebook."""
    if not row.notebooks:
        return "not yet"
    own = [r for r in rulings if r.claim.item == row.item]
    whole = own and all(r.fault is None for r in own) and not row.missing
    return "held here" if whole else "partly"


def paper_map(rows: list[Row], rulings: list[Ruling]) -> str:
    """The table from paper item to notebook, functions, claims and status."""
    known = {row.item for row in rows}
    for r in rulings:
        if r.claim.item not in known:
            raise Broken(f"{r.id}: item {r.claim.item!r} must be a row of book/map.toml")
    out = [
        "| paper | what it says | here | functions | claims | status |",
        "|---|---|---|---|--:|---|",
    ]
    for row in rows:
        own = [r for r in rulings if r.claim.item == row.item]
        counts = f"{sum(r.fault is None for r in own)}/{len(own)}" if own else "–"
        here = ", ".join(f"{{doc}}`{n} </notebooks/{n}>`" for n in row.notebooks) or "–"
        functions = ", ".join(f"{{py:func}}`~ddpm_gmm.{f}`" for f in row.functions) or "–"
        status = status_of(row, rulings)
        mark = {"held here": "held", "partly": "partly", "not yet": "none"}[status]
        missing = f" Missing: {row.missing}" if row.missing else ""
        out.append(
            f"| {row.item} | {row.says}{missing} | {here} | {functions} | {counts} "
            f"| {{{mark}}}`{status}` |"
        )
    return "\n".join([*out, ""])


def status(runs: dict[str, dict]) -> str:
    """Time, profile, seed and commit of each notebook; the versions that it ran with."""
    out = [
        "| notebook | time | profile | seed | commit | finished (UTC) |",
        "|---|--:|---|---|---|---|",
    ]
    for name, run in runs.items():
        out.append(
            f"| {{doc}}`{name} </notebooks/{name}>` | {run['seconds']:.1f} s | {run['profile']} "
            f"| {run['seed']} | `{run['commit']}` | {run['finished'].removesuffix('+00:00')} |"
        )
    total = sum(run["seconds"] for run in runs.values())
    versions = {(k, v) for run in runs.values() for k, v in run["packages"].items()}
    versions |= {("python", run["python"]) for run in runs.values()}
    versions |= {("BLAS", line) for run in runs.values() for line in run["blas"]}
    out += ["", f"All notebooks together: {total:.0f} s of one core. Site built at commit "]
    out[-1] += f"`{commit()}`."
    out += ["", "| package | version |", "|---|---|"]
    out += [f"| {package} | {version} |" for package, version in sorted(versions)]
    return "\n".join([*out, ""])


def other_seeds(table: Table, code: dict[str, str]) -> str:
    """What the claims did at the other root seeds, by notebook; ``code``: the digests of now."""
    if not table.roots:
        return "This profile has not been run at other root seeds yet.\n"
    out = [
        f"Every notebook was run at {len(table.roots)} further root seeds, {table.roots[0]} to "
        f"{table.roots[-1]}, and every claim judged there by its bound and its control. The odds "
        "of a false alarm: that a claim fails at yet another seed with nothing broken, from how "
        "far the claims stayed from failing (Student's predictive tail), added up.",
        "",
        "| notebook | exact claims | sampled | failures | odds of a false alarm | code |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for name, digest in table.code.items():
        if name not in code:
            continue
        own = [
            m for id, m in table.claims.items() if id.partition(".")[0] == paths.contract_of(name)
        ]
        out.append(
            f"| {{doc}}`{name} </notebooks/{name}>` | {table.exact[name]} | {len(own)} "
            f"| {sum(m.failed for m in own)} | {readable(f'{sum(m.alarm for m in own):.0e}')} "
            f"| {'as now' if code[name] == digest else 'older'} |"
        )
    out += [
        "",
        f"All together: {total(table.claims):.2%} a build; at most {MOST:.0%} is asked for.",
    ]
    return "\n".join([*out, ""])
