"""The build, in three sentences.

Every certificate that is new to the checker is checked, and then every notebook is run whose
executed copy was made from other code. The claims are judged by what the notebooks recorded. If
every claim held and anything that the site shows is new, the site is built, beside the old one, and
put in its place when it is whole.

    sources -> checked certificates -> executed notebooks -> rulings -> site

All of the work goes through one executor of :mod:`concurrent.futures`.
"""

import fcntl
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from companion import contract, evidence, paths, report, rulings, site
from companion.contract import Broken, Claim
from companion.sources import Sources, commit


def _worker() -> None:
    """Ready a process of the pool: it ends when the build ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build hears it, and ends

    def follow():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class _Processes(ProcessPoolExecutor):
    """An interrupt waits until the processes that it starts are there, and can be ended."""

    def submit(self, *args, **kwargs):
        heard = []
        before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
        try:
            return super().submit(*args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, before)
            if heard:
                raise KeyboardInterrupt


def local(jobs: int | None = None) -> ProcessPoolExecutor:
    """The default executor: processes of this machine, as many as it has cores."""
    context = multiprocessing.get_context("spawn")
    return _Processes(jobs or os.cpu_count(), context, initializer=_worker)


@contextmanager
def alone(folder: Path = paths.BUILD) -> Iterator[None]:
    """Refuse to work where another build of this project is at work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Broken(f"{error.filename}: got no folder, must be one, or be free for one") from None
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Broken(
                f"{folder}: another build is at work there, must be one at a time"
            ) from None
        yield


def run(name: str, profile: str, made_from: str, **given) -> float:
    """What a worker of the executor does with one notebook, see :func:`companion.run.run`."""
    from companion import run  # papermill, which only those who run a notebook need

    return run.run(name, profile, made_from, **given)


def renew(
    sources: Sources, executor: Executor, chapters: set[str] | None = None
) -> evidence.Evidence:
    """Run every notebook that is not fit, the longest first; say what became of each.

    With ``chapters`` only those that record for one of these contracts; which certificates they
    need they then ask by themselves.
    """
    found = evidence.collect(sources)
    unfit, fit = (
        [name for name in part if not chapters or paths.contract_of(name) in chapters]
        for part in (found.unfit, found.executed)
    )
    long = contract.long_ones() if unfit else set()

    def length(name):
        return found.seconds.get(name, 1e9 if paths.contract_of(name) in long else 0.0)

    total = len(unfit) + len(fit)
    ready = count(len(fit) + 1)

    def tell(name, done):
        if done.cancelled():
            return
        if done.exception() is None:
            report.say(f"ran   {name:<18} {done.result():6.1f} s   [{next(ready)}/{total}]")
        elif isinstance(done.exception(), Broken):
            report.complain(done.exception())

    jobs = []
    if not chapters:
        certified(executor)  # first: the notebooks show what it finds
    for name in sorted(unfit, key=length, reverse=True):
        job = executor.submit(run, name, sources.profile, sources.of_notebook(name))
        job.add_done_callback(partial(tell, name))
        jobs.append(job)
    wait(jobs)
    for job in jobs:  # what a notebook did wrong has been told; whatever else is ours
        if not isinstance(job.exception(), Broken | None):
            raise job.exception()
    return evidence.collect(sources) if jobs else found


def certified(executor: Executor) -> None:
    """Let the checker rule on every certificate: what a page calls certified is its verdict."""
    if not any(paths.files(paths.CERTIFICATES, "*.json")):
        return
    from companion import certificates  # and with it python-flint

    certificates.refuse(certificates.check(executor))


def judge(
    found: evidence.Evidence, claims: dict[str, Claim], measured: dict[str, float], profile: str
) -> rulings.Rulings:
    """Rule on every claim by the evidence; write claims.json whatever the outcome."""
    verdicts = rulings.judge(claims, found.records(), measured, profile, found.absent())
    whole = rulings.Rulings(profile=profile, commit=commit(), rulings=verdicts)
    paths.write(paths.RULINGS, whole.text())
    faults = [f"claim {r.id} {r.fault}" for r in verdicts if r.fault]
    named = {r.id.partition(".")[0] for r in verdicts}
    faults += [f for name, f in found.unfit.items() if paths.contract_of(name) not in named]
    if faults:
        report.table(verdicts)
        raise Broken("\n".join(faults))
    return whole


def build(profile: str, executor: Executor) -> None:
    """Everything: notebooks, rulings, site; then the closing table."""
    with alone():
        claims = contract.load()  # refused before anything runs
        measured = contract.check_baselines(claims, profile)
        site.refuse()
        site.recover()
        sources = Sources(profile)
        found = renew(sources, executor)
        whole = judge(found, claims, measured, profile)
        if site.renew(sources, found, whole):
            report.say("built the site")
        report.table(whole.rulings)
        report.say(f"profile {profile}; the site is at {paths.SITE / 'index.html'}")


def baseline(profile: str, wanted: list[str], executor: Executor) -> None:
    """Take the measured values as the new baselines; print old and new.

    Where claims are named, no notebook runs but those that may record them.
    """
    with alone():
        claims = contract.load()
        unknown = sorted(set(wanted) - claims.keys())
        if unknown:
            raise Broken(f"claim: got {unknown[0]!r}, must be an id of a contract in notebooks/")
        found = renew(Sources(profile), executor, {id.partition(".")[0] for id in wanted})
        old = contract.baselines(profile)
        new = {id: value for id, value in old.items() if id in claims}
        for r in rulings.judge(claims, found.records(), old, profile, found.absent()):
            if wanted and r.id not in wanted:
                continue
            before = old.get(r.id)
            if not (r.held and r.control_failed):
                report.complain(f"claim {r.id} {r.fault}; its baseline stays {before}")
                continue
            value = float(f"{r.value:.10g}")
            if before is None or abs(before - value) > 1e-9 * max(abs(before), abs(value)):
                new[r.id] = value
                report.say(f"{r.id}: {profile} baseline {before} -> {value}")
        contract.write_baselines(profile, new)
        contract.check_baselines(claims, profile)
