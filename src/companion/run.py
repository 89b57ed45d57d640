"""Run one notebook with papermill; the result appears only when it is whole."""

import datetime
import importlib.metadata
import os
import platform
import sys
import time

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from companion import house, records
from companion.claims import Broken

PACKAGES = ("numpy", "scipy", "matplotlib", "papermill", "jupyter-book", "sphinx")
TELL_EVERY = 20.0  # seconds between lines about a notebook that is still running
NOTE = "companion"  # the key under which the run is described in the notebook's metadata


class Telling(NBClientEngine):
    """papermill's engine, which says from time to time how far a long notebook has come."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **settings):
        begun = told = time.perf_counter()
        start_cell, name = nb_man.cell_start, settings.pop("notebook_name")

        def start_and_tell(cell, cell_index=None, **more):
            nonlocal told
            now = time.perf_counter()
            if now - told > TELL_EVERY:
                told = now
                house.say(
                    f"      {name:<18} {now - begun:6.1f} s   cell {cell_index} of "
                    f"{len(nb_man.nb.cells)}"
                )
            return start_cell(cell, cell_index, **more)

        nb_man.cell_start = start_and_tell
        return super().execute_managed_notebook(nb_man, kernel_name, **settings)


papermill_engines.register("telling", Telling)


def run(name: str, profile: str) -> None:
    """Run ``notebooks/name.ipynb`` and move the executed notebook into place."""
    if name not in house.notebooks():
        raise Broken(f"notebook: got {name!r}, must be one of {', '.join(house.notebooks())}")
    target = house.executed(profile, name)
    draft = target.with_suffix(".running.ipynb")
    made_from = house.digest(house.run_inputs(profile, name))
    start = time.perf_counter()
    try:
        papermill.execute_notebook(
            house.ROOT / "notebooks" / f"{name}.ipynb",
            draft,
            parameters={"profile": profile},
            kernel_name="python3",
            engine_name="telling",
            notebook_name=name,
            progress_bar=False,
            request_save_on_cell_execute=False,
            extra_arguments=["--log-level=CRITICAL"],  # its notes on TCP and shutdown
        )
    except DeadKernelError:
        raise Broken(f"{name}: its kernel died, most likely for want of memory") from None
    except PapermillExecutionError as error:
        failed = target.with_suffix(".failed.ipynb")
        os.replace(draft, failed)
        where = failed.relative_to(house.ROOT)
        raise Broken(
            f"{name}: cell {error.exec_count} raised {error.ename}: {error.evalue} (see {where})"
        ) from None
    seconds = time.perf_counter() - start
    notebook = nbformat.read(draft, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell.metadata.tags.append("remove-cell")
    parameters = papermill.inspect_notebook(str(draft))
    notebook.metadata[NOTE] = {
        "profile": profile,
        "inputs": made_from,
        "seconds": round(seconds, 2),
        "seed": str(parameters.get("seed", {}).get("default", "")),
        "commit": house.commit(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {p: importlib.metadata.version(p) for p in PACKAGES},
    }
    nbformat.write(notebook, draft)
    os.replace(draft, target)
    ready = sum(house.executed(profile, other).exists() for other in house.notebooks())
    house.say(
        f"ran   {name:<18} {seconds:6.1f} s   {len(records.read(notebook)):3d} claims recorded"
        f"   [{ready}/{len(house.notebooks())}]"
    )
    sys.stdout.flush()


def evidence(profile: str):
    """The executed notebooks, {name: notebook}, and what is wrong with the rest, {name: fault}."""
    found, unfit = {}, {}
    for name in house.notebooks():
        path = house.executed(profile, name)
        if not path.exists():
            unfit[name] = f"notebook {name} has not been run in profile {profile}"
            continue
        notebook = nbformat.read(path, as_version=4)
        made_from = notebook.metadata.get(NOTE, {}).get("inputs")
        if made_from != house.digest(house.run_inputs(profile, name)):
            unfit[name] = f"the executed copy of {name} is stale, made from other inputs"
            continue
        found[name] = notebook
    return found, unfit
