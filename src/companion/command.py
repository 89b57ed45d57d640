"""The command line behind the Makefile: build, notebook, seeds, baseline, new, certify and others.

Exit 0 when all is well, 1 when a claim or a page fails, 2 when something was asked wrongly.
"""

import argparse
import multiprocessing
import shutil
import sys
from concurrent.futures.process import BrokenProcessPool

from companion import contract, paths, profiles, report
from companion.contract import Broken
from companion_command import needs

WHAT = "The command line behind the Makefile."
STAYS = "what is finished stays, and the next run goes on from there"


def _at_work(args, work):
    from companion import build

    executor = build.local(args.jobs)
    try:
        work(executor)
    except BrokenProcessPool:
        raise Broken(
            f"a process at work was killed, most likely for want of memory; {STAYS}"
        ) from None
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.kill()  # nobody waits for the notebooks that still run
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def build(args):
    from companion import build

    _at_work(args, lambda executor: build.build(args.profile, executor))


def baseline(args):
    from companion import build

    _at_work(args, lambda executor: build.baseline(args.profile, args.claims, executor))


def notebook(args):
    from companion import reader

    _at_work(args, lambda executor: reader.run(args.name, args.profile, args.set, executor))


def seeds(args):
    from companion import reader, seeds

    roots = [reader.number("ROOTS", root, 0, reader.LARGEST) for root in args.roots]
    _at_work(args, lambda executor: seeds.run(args.profile, args.only, roots, executor))


def judge(args):
    """Rule on every claim by what was run before, and run nothing."""
    from companion import build, evidence
    from companion.sources import Sources

    claims = contract.load()
    measured = contract.check_baselines(claims, args.profile)
    found = evidence.collect(Sources(args.profile))
    report.table(build.judge(found, claims, measured, args.profile).rulings)


def new(args):
    from companion import chapter

    chapter.new(args.name, args.title, args.item)


def archive(args):
    from companion import archive

    archive.make(args.profile)


def certify(args):
    from companion import build, certificates

    with build.alone():
        certificates.make()


def check(args):
    from companion import certificates

    _at_work(args, certificates.report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="companion", description=WHAT)
    parser.add_argument("--profile", default="quick", help="quick or full")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(action, help):
        sub = commands.add_parser(action.__name__, help=help)
        sub.set_defaults(action=action)
        return sub

    for action, help in (
        (build, "run what is stale, judge every claim, build the site"),
        (baseline, "take the measured values as baselines"),
        (seeds, "run the book at twenty other root seeds; goes on where it was killed"),
    ):
        sub = command(action, help)
        sub.add_argument("--jobs", type=int, help="processes at a time; as many as cores")
        if action is baseline:
            sub.add_argument("claims", nargs="*", metavar="ID", help="all where none is given")
        if action is seeds:
            sub.add_argument("--only", action="append", default=[], help="one chapter, as lemma-09")
            sub.add_argument("roots", nargs="*", metavar="ROOT", help="others than those")
    sub = command(notebook, "run one chapter with a reader's parameters, apart from the book")
    sub.add_argument("name", help="as lemma-09")
    sub.add_argument("set", nargs="*", metavar="NAME=VALUE", help="as seed=3 or d=64")
    sub.set_defaults(jobs=1)
    command(judge, "rule on every claim by what has been run")
    sub = command(new, "lay down a chapter: notebook, contract, contents, map")
    sub.add_argument("name", help="as lemma-13")
    sub.add_argument("--title", help="of the page")
    sub.add_argument("--item", help="the row of the map; made if there is none")
    command(archive, "pack what the last build made, and what it was made from")
    command(certify, "prove every certificate anew")
    command(check, "check every certificate by the second program").set_defaults(jobs=None)
    return parser


def _why(error: OSError) -> str:
    """What went wrong, and with which file where that is known."""
    if isinstance(error, shutil.Error):  # many at once: the first says it
        return str(error.args[0][0][-1])
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}"


def main(argv=None) -> int:
    """Entry point; returns the exit status."""
    args = _parser().parse_args(argv)
    try:
        profiles.checked(args.profile)
        if not paths.is_project():
            raise ValueError(
                f"folder: got {paths.ROOT}, must be in a project (with _config.yml and notebooks/)"
            )
        if any(0xD800 <= ord(letter) < 0xE000 for letter in str(paths.ROOT)):
            raise ValueError(f"folder: got {str(paths.ROOT)!a}, must have a path in UTF-8")
        if getattr(args, "jobs", None) is not None and args.jobs < 1:
            raise ValueError(f"jobs: got {args.jobs}, must be at least 1")
    except ValueError as error:
        report.complain(error)
        return 2
    try:
        args.action(args)
    except Broken as error:
        report.complain(error)
        return 1
    except ModuleNotFoundError as missing:
        return needs(missing.name)
    except OSError as error:  # a full disk, a tree that is read-only, a file that is not ours
        report.complain(f"{_why(error)}; {STAYS}")
        return 1
    except KeyboardInterrupt:
        report.complain(f"interrupted; {STAYS}")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
