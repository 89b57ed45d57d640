"""A reader's own run of one chapter, with other parameters, apart from the book's evidence.

The seed and the profile can be changed in every notebook, a size (a dimension, a number of points)
where the contract states between which bounds, in its table ``[reader]``.
"""

import json
from concurrent.futures import Executor
from functools import partial

import msgspec

from companion import build, contract, evidence, paths, profiles, records, report, rulings
from companion.contract import Broken, Parameter
from companion.sources import Sources

OWN = paths.BUILD / "notebook"  # a folder for each chapter
LARGEST = 2**63 - 1  # of a seed


def number(name: str, text: str, low: int, high: int) -> int:
    """The whole number that this parameter was given; :class:`Broken` names what is none."""
    if not text.isdecimal() or len(text) > 19 or not low <= int(text) <= high:
        raise Broken(f"{name}: got {text!r:.40}, must be a whole number from {low} to {high}")
    return int(text)


def parsed(name: str, profile: str, words: list[str], stated: dict[str, Parameter]) -> dict:
    """The parameters of the run, {"profile": ..., "seed": ...}, from words as "d=64".

    Raises :class:`Broken` with one line that names the parameter: one that the notebook ``name``
    has not, one given twice, one that is no number, or one out of its bounds.
    """
    given, sizes = {}, {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise Broken(f"parameters: got {word!r:.40}, must be NAME=VALUE")
        if key in sizes or key in given:
            raise Broken(f"{key}: got two values, must be given once")
        if key == "profile":
            try:
                given[key] = profiles.checked(text)
            except ValueError as error:
                raise Broken(str(error)) from None
        elif key == "seed":
            given[key] = number(key, text, 0, LARGEST)
        elif key in stated:
            sizes[key] = number(key, text, stated[key].low, stated[key].high)
        else:
            known = ", ".join(["profile", "seed", *stated])
            raise Broken(f"{key}: is no parameter of {name}, must be one of {known}")
    own = profiles.changed(given.get("profile", profile), sizes)
    return given | {"profile": own}


def judge(
    name: str, executed: dict, profile: str, claims: dict[str, contract.Claim]
) -> rulings.Rulings:
    """Rule on what the notebook should record by its bounds alone: a baseline is the book's own."""
    found = [record | {"notebook": name} for record in records.read(executed)]
    ids = {record["claim"] for record in found}
    chapter = paths.contract_of(name)
    if [n for n in paths.notebooks() if paths.contract_of(n) == chapter] == [name]:
        # No page of checks records for the same contract, so all of its claims are this one's.
        ids |= {id for id in claims if id.startswith(f"{chapter}.")}
    bounds = {
        id: msgspec.structs.replace(claim, tolerance=None)
        for id, claim in claims.items()
        if id in ids
    }
    verdicts = rulings.judge(bounds, found, {}, profile, {})
    return rulings.Rulings(profile=profile, commit="", rulings=verdicts)


def run(name: str, profile: str, words: list[str], executor: Executor) -> None:
    """Run the chapter into a folder of its own and say what its claims did."""
    if name not in paths.notebooks():
        raise Broken(f"NAME: got {name!r}, must be one of {', '.join(paths.notebooks())}")
    claims = contract.load()  # refused before anything runs
    Sources(profile).check(name)
    given = parsed(name, profile, words, contract.parameters(name))
    folder = OWN / name
    target = folder / f"{paths.contract_of(name)}.ipynb"
    with build.alone(folder):
        report.say(f"running {name} with " + ", ".join(f"{k} = {v}" for k, v in given.items()))
        run = partial(build.run, made_from="a reader's parameters", target=target, **given)
        executor.submit(run, name).result()
        executed = json.loads(target.read_text(encoding="utf-8"))
        whole = judge(name, executed, given["profile"], claims)
        paths.write(folder / "claims.json", whole.text())
    report.table(whole.rulings)
    report.say(f"the executed notebook is {paths.shown(target)}; the book's evidence is as it was")
    faults = [f"claim {r.id} {r.fault}" for r in whole.rulings if r.fault]
    faults += evidence.unlabelled(name, executed["cells"])
    if faults:
        raise Broken("\n".join(faults))
