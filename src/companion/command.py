"""The command line behind the Makefile: inputs, run, judge, site, report, baseline, certify, check.

Exit 0 when all is well, 1 when a claim or a page fails, 2 when something was asked wrongly.
"""

import argparse
import sys

import tomlkit

from companion import claims, house, profiles, records, run
from companion.claims import Broken


def _collect(profile):
    """The rulings as the evidence stands, and what is wrong with notebooks that have none."""
    notebooks, unfit = run.evidence(profile)
    found = [r for notebook in notebooks.values() for r in records.read(notebook)]
    return claims.judge(claims.load(house.CLAIMS), found, profile, unfit), unfit


def write_inputs(args):
    claims.load(house.CLAIMS)  # a contract that does not parse is refused before anything runs
    for name in house.notebooks():
        house.write_if_changed(
            house.inputs(args.profile, name), house.run_inputs(args.profile, name)
        )


def run_one(args):
    run.run(args.notebook, args.profile)


def judge(args):
    """Rule on every claim; write claims.json whatever the outcome, and what the site comes from."""
    rulings, unfit = _collect(args.profile)
    whole = claims.Rulings(profile=args.profile, commit=house.commit(), rulings=rulings)
    house.write_if_changed(house.RULINGS, whole.text())
    faults = [f"claim {r.id} {r.fault}" for r in rulings if r.fault]
    named = {r.id.split(".")[0] for r in rulings}
    faults += [fault for name, fault in unfit.items() if name not in named]
    if faults:
        table(rulings)
        raise Broken("\n".join(faults))
    house.write_if_changed(house.BUILD / "site.inputs", house.site_inputs(args.profile))


def build_site(args):
    from companion import site

    site.build(args.profile)


def table(rulings):
    """The closing table: one line a claim."""
    width = max((len(r.id) for r in rulings), default=0)
    for r in rulings:
        verdict = "held" if r.held else "FAILED"
        wrong = "control did its work" if r.control_failed else "CONTROL DID NOT FAIL"
        shown = "" if r.value is None else r.claim.show(r.value)
        if r.value is None:
            verdict, wrong = "FAILED", r.fault
        house.say(f"{verdict:<6}  {r.id:<{width}}  {shown:>12}  {r.claim.bound:<24}  {wrong}")
    held = sum(r.fault is None for r in rulings)
    house.say(f"{held} of {len(rulings)} claims held")


def report(args):
    whole = claims.Rulings.read(house.RULINGS)
    table(whole.rulings)
    house.say(f"profile {whole.profile}; the site is at {house.SITE / 'index.html'}")


def baseline(args):
    """Write the measured values into claims.toml as the new baselines; print old and new."""
    rulings, _ = _collect(args.profile)
    unknown = sorted(set(args.claims) - {r.id for r in rulings})
    if unknown:
        raise Broken(f"claim: got {unknown[0]!r}, must be an id in claims.toml")
    document = tomlkit.parse(house.CLAIMS.read_text(encoding="utf-8"))
    for r in rulings:
        old = getattr(r.claim.baseline, args.profile)
        if args.claims and r.id not in args.claims:
            continue
        if not (r.held and r.control_failed):
            house.complain(f"claim {r.id} {r.fault}; its baseline stays {old}")
            continue
        new = float(f"{r.value:.10g}")
        if old is None or abs(old - new) > 1e-9 * max(abs(old), abs(new)):
            notebook, name = r.id.split(".", 1)
            entry = document[notebook][name].setdefault("baseline", tomlkit.inline_table())
            entry[args.profile] = new
            house.say(f"{r.id}: {args.profile} baseline {old} -> {new}")
    house.write_if_changed(house.CLAIMS, tomlkit.dumps(document))


def make_certificates(args):
    from companion import certificates

    certificates.make()


def check_certificates(args):
    from companion import certificates

    certificates.report()


def main(argv=None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="companion", description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="quick")
    commands = parser.add_subparsers(required=True)
    for name, action, help in (
        ("inputs", write_inputs, "write down what each notebook comes from"),
        ("run", run_one, "run one notebook"),
        ("judge", judge, "rule on every claim"),
        ("site", build_site, "build the site"),
        ("report", report, "print the table of claims"),
        ("baseline", baseline, "take the measured values as baselines"),
        ("certify", make_certificates, "prove every certificate anew"),
        ("check", check_certificates, "check every certificate by the second program"),
    ):
        sub = commands.add_parser(name, help=help)
        sub.set_defaults(action=action)
        if name == "run":
            sub.add_argument("notebook")
        if name == "baseline":
            sub.add_argument("claims", nargs="*", help="ids; all where none is given")
    args = parser.parse_args(argv)
    try:
        profiles.checked(args.profile)
        if not house.CLAIMS.exists():
            raise ValueError(f"folder: got {house.ROOT}, must be the project's root (claims.toml)")
    except ValueError as error:
        house.complain(f"companion: {error}")
        return 2
    try:
        args.action(args)
    except Broken as error:
        house.complain("\n".join(f"companion: {line}" for line in str(error).splitlines()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
