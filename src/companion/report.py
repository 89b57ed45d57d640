"""What the build says: lines, complaints on standard error, the closing table."""

import os
import sys


def _silence(stream) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(line: str) -> None:
    """Tell it; where nobody can be told, a full disk or a closed pipe, the work goes on."""
    try:
        print(line, flush=True)
    except OSError as error:
        _silence(sys.stdout)
        complain(f"standard output: {error.strerror}; the work goes on without it")


def complain(fault) -> None:
    """One line for each line of the fault, if anybody can be told."""
    try:
        for line in str(fault).splitlines():
            print(f"companion: {line}", file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def table(rulings) -> None:
    """One line a claim, and how many held."""
    width = max((len(r.id) for r in rulings), default=0)
    for r in rulings:
        verdict = "held" if r.held else "FAILED"
        wrong = "control did its work" if r.control_failed else "CONTROL DID NOT FAIL"
        shown = "" if r.value is None else r.claim.show(r.value)
        if r.value is None:
            verdict, wrong = "FAILED", r.fault
        say(f"{verdict:<6}  {r.id:<{width}}  {shown:>12}  {r.claim.bound:<24}  {wrong}")
    held = sum(r.fault is None for r in rulings)
    say(f"{held} of {len(rulings)} claims held")
