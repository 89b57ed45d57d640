"""Run one notebook with papermill; the result appears only when it is whole."""

import datetime
import os
import shutil
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger

from companion import paths, report
from companion.contract import Broken
from companion.evidence import NOTE
from companion.kernel import OwnClient
from companion.sources import commit

TELL_EVERY = 20.0  # seconds between lines about a notebook that is still running
START = 600  # seconds that a kernel may take to start: a busy machine is no fault


class ProgressEngine(NBClientEngine):
    """papermill's engine with our kernel; it says from time to time how far a notebook has come."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **settings):
        begun = told = time.perf_counter()
        start_cell, name = nb_man.cell_start, settings.pop("notebook_name")

        def start_with_progress(cell, cell_index=None, **more):
            nonlocal told
            now = time.perf_counter()
            if now - told > TELL_EVERY:
                told = now
                report.say(
                    f"      {name:<18} {now - begun:6.1f} s   cell {cell_index} of "
                    f"{len(nb_man.nb.cells)}"
                )
            return start_cell(cell, cell_index, **more)

        nb_man.cell_start = start_with_progress
        wanted = {key: settings[key] for key in ("own", "note", "extra_arguments")}
        return OwnClient(
            nb_man, kernel_name=kernel_name, startup_timeout=START, log=logger, **wanted
        ).execute()


papermill_engines.register("progress", ProgressEngine)


def _literal(path: Path) -> str:
    """The path for papermill, which takes paths for format strings."""
    return str(path).replace("{", "{{").replace("}", "}}")


def run(name: str, profile: str, made_from: str, *, target: Path | None = None, **given) -> float:
    """Run ``notebooks/name.ipynb`` in its own folder and move the executed notebook into place.

    ``made_from`` is the digest of what it comes from, see :mod:`companion.sources`; it is kept in
    the executed notebook, which stands for that and for nothing else. A reader's run has a
    ``target`` of its own, and may have ``given`` further parameters. Returns the seconds it took.
    """
    source, target = paths.notebook(name), target or paths.executed(profile, name)
    draft = target.with_suffix(".running.ipynb")
    own = target.with_suffix(".kernel")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    start, note = time.perf_counter(), {}
    try:
        papermill.execute_notebook(
            _literal(source),
            _literal(draft),
            parameters={"profile": profile, **given},
            cwd=source.parent,
            kernel_name="python3",
            engine_name="progress",
            notebook_name=name,
            own=own,
            note=note,
            progress_bar=False,
            request_save_on_cell_execute=False,
            extra_arguments=["--log-level=CRITICAL"],  # its notes on TCP and shutdown
        )
    except DeadKernelError:
        raise Broken(f"{name}: its kernel died, most likely for want of memory") from None
    except (OSError, RuntimeError) as error:  # a full disk; a kernel that does not start
        raise Broken(f"{name}: could not be run: {error}") from None
    except PapermillExecutionError as error:
        failed = target.with_suffix(".failed.ipynb")
        os.replace(draft, failed)
        cells = nbformat.read(failed, as_version=4).cells
        cell = next(c.id for c in cells if c.get("execution_count") == error.exec_count)
        raise Broken(
            f"{name}: cell {cell} raised {error.ename}: {error.evalue} (see {paths.shown(failed)})"
        ) from None
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if note.get("profile") != profile:
        raise Broken(
            f"{name}: got profile {note.get('profile')!r} at its end, must be {profile!r}:"
            " a cell after the parameters sets it anew"
        )
    if "conditions" not in note:
        raise Broken(f"{name}: its kernel cannot say on what it runs: {note['fault']}")
    seconds = time.perf_counter() - start
    notebook = nbformat.read(draft, as_version=4)
    # What papermill put in front is no cell of the page: the page shows the notebook as written.
    notebook.cells = [
        c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", ())
    ]
    parameters = papermill.inspect_notebook(_literal(draft))
    notebook.metadata[NOTE] = {
        "profile": profile,
        "made_from": made_from,
        "seconds": round(seconds, 2),
        "seed": str(given.get("seed", parameters.get("seed", {}).get("default", ""))),
        "commit": commit(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **note["conditions"],
    }
    nbformat.write(notebook, draft)
    os.replace(draft, target)
    return seconds
