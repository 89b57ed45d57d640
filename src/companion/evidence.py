"""The executed notebooks: which still stand for the code at hand, what they recorded."""

import json
from typing import NamedTuple

import nbformat

from companion import paths, records
from companion.sources import Sources, code_cells

LABELS = ("figure", "name"), ("figure", "caption"), ("image", "alt")  # what a figure's cell states
NOTE = "companion"  # the key under which a run is described in the notebook's metadata


class Evidence(NamedTuple):
    """What stands: executed notebooks by name, and what is wrong with the others."""

    executed: dict[str, dict]
    unfit: dict[str, str]
    seconds: dict[str, float]  # how long each took when it last ran, fit or not

    def records(self) -> list[dict]:
        """Everything that was recorded, with the notebook that recorded it."""
        return [
            record | {"notebook": name}
            for name, notebook in self.executed.items()
            for record in records.read(notebook)
        ]

    def absent(self) -> dict[str, str]:
        """By contract, what is wrong with a notebook that records for it."""
        return {paths.contract_of(name): fault for name, fault in self.unfit.items()}

    def runs(self) -> dict[str, dict]:
        """How each of the notebooks was run."""
        return {name: notebook["metadata"][NOTE] for name, notebook in self.executed.items()}


def collect(sources: Sources) -> Evidence:
    """The executed notebooks of the sources' profile that were made from what stands there now."""
    sources.check()
    found = Evidence({}, {}, {})
    for name in paths.notebooks():
        path = paths.executed(sources.profile, name)
        if not path.exists():
            found.unfit[name] = f"notebook {name} has not been run in profile {sources.profile}"
            continue
        try:
            notebook = json.loads(path.read_bytes())
            run = notebook["metadata"].get(NOTE, {})
            ran, took = len(outputs(notebook)), run.get("seconds", 0.0)
        except (ValueError, KeyError, TypeError, AttributeError):  # as after a loss of power
            found.unfit[name] = f"the executed copy of {name} is damaged"
            continue
        found.seconds[name] = took
        same = run.get("made_from") == sources.of_notebook(name)
        if same and ran == len(code_cells(sources.notebook(name))):
            found.executed[name] = notebook
        else:
            found.unfit[name] = f"the executed copy of {name} is stale, made from other inputs"
    return found


def outputs(executed: dict) -> list[tuple]:
    """What each code cell of an executed notebook gave, with its number."""
    cells = (cell for cell in executed["cells"] if cell["cell_type"] == "code")
    return [(cell["outputs"], cell["execution_count"]) for cell in cells]


def unlabelled(name: str, cells) -> list[str]:
    """A line for every cell that gives a figure and lacks its name, its caption or its alt text."""
    faults = []
    for cell in cells:
        given = (output.get("data", {}) for output in cell.get("outputs", ()))
        image = any(kind.startswith("image/") for data in given for kind in data)
        look = cell["metadata"].get("mystnb", {})
        lacks = [f"{a}.{b}" for a, b in LABELS if not look.get(a, {}).get(b)]
        if lacks and (image or look):
            faults.append(
                f"notebooks/{name}.ipynb: cell {cell['id']} gives a figure, must have in its"
                f" metadata, under mystnb, {' and '.join(lacks)}"
            )
    return faults


def page(written, executed: dict):
    """The notebook as it is written now, with the outputs of its code as it ran.

    The code is the same, or the executed copy would be stale; comments and prose may be newer.
    """
    shown = nbformat.from_dict(written)
    for cell, (given, number) in zip(code_cells(shown), outputs(executed), strict=True):
        cell.outputs = nbformat.from_dict(given)
        cell.execution_count = number
    return shown
