"""Figure cells draw and do no more: short, in colours by meaning, with companion.figures' bars."""

import re
import statistics
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST, MEDIAN = 25, 12


def is_figure(cell):
    return cell.cell_type == "code" and "figure" in cell.metadata.get("mystnb", {})


def code_cells(path):
    """[(name of the cell, its source, whether it draws a figure)]"""
    cells = nbformat.read(path, as_version=4).cells
    return [
        (f"{path.name} cell {cell.id}", cell.source, is_figure(cell))
        for cell in cells
        if cell.cell_type == "code"
    ]


CELLS = [cell for path in NOTEBOOKS for cell in code_cells(path)]
FIGURES = [(name, source) for name, source, draws in CELLS if draws]


@pytest.mark.parametrize(("name", "source"), FIGURES, ids=[name for name, _ in FIGURES])
def test_a_figure_cell_is_short(name, source):
    lines = len(source.splitlines())
    assert lines <= LONGEST, (
        f"{name} has {lines} lines, at most {LONGEST}: move what it computes into the cell before, "
        "and draw with companion.figures (its docstring shows how)"
    )


def test_half_of_the_figure_cells_are_shorter_still():
    lengths = {name: len(source.splitlines()) for name, source in FIGURES}
    middle = statistics.median(lengths.values())
    longest = ", ".join(sorted(lengths, key=lengths.get)[-5:])
    assert middle <= MEDIAN, (
        f"the figure cells have {middle:g} lines in the median, at most {MEDIAN}: move what they "
        f"compute into the cell before. The longest: {longest}"
    )


# What stands in a cell, and what to write in its place.
MENDS = {
    r"[\"']#[0-9a-fA-F]{3,8}[\"']": "a colour by its meaning: figures.line(ax, x, y, 'EM')",
    r"\.errorbar\(": "figures.errors(ax, x, figures.mean(values), 'EM')",
    r"\.set_[xy]ticks\(\s*\[\s*\]\s*,\s*minor|minorticks_off": "figures.frame(ax, xticks=values)",
    r"\bplt\.show\(": "figures.show(), which writes the names beside the curves",
    r"\bfontsize=\d(\.\d+)?\b": "the book's letters: those below 10 cannot be read on a phone",
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_is_written_by_hand_that_companion_figures_does(path):
    found = [
        f"{name}: {re.search(pattern, source)[0]!r}. Write {mend}"
        for name, source, _ in code_cells(path)
        for pattern, mend in MENDS.items()
        if re.search(pattern, source)
    ]
    assert not found, "\n".join(found)
