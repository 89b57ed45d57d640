"""A notebook that is JSON and no notebook: one line for each thing that is not what it must be."""

import json

import pytest

from companion import contract, written

CELL = {
    "id": "a-01",
    "cell_type": "code",
    "metadata": {"tags": ["x"], "mystnb": {"figure": {"name": "n", "caption": "c"}}},
    "source": ["x = 1"],
    "execution_count": None,
    "outputs": [],
}


def parsed(cell):
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return written.parse("a", json.dumps(whole).encode())


def figure(**look):
    return {"metadata": {"mystnb": {"figure": look}}}


def test_a_cell_as_it_should_be_is_read():
    assert parsed(CELL).cells[0].source == "x = 1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metadata": {"mystnb": None}}, "metadata.mystnb: got None, must be a table"),
        ({"metadata": {"mystnb": {"figure": "x"}}}, "figure: got 'x', must be a table"),
        (figure(caption=5), "metadata.mystnb.figure.caption: got 5, must be text"),
        ({"metadata": {"tags": "parameters"}}, "tags: got 'parameters', must be a list"),
        ({"metadata": 3}, "metadata: got 3, must be a table"),
        ({"source": 5}, "source: got 5, must be text"),
        ({"source": None}, "source: got None, must be text"),
    ],
)
def test_what_has_another_shape_is_named(change, said):
    with pytest.raises(contract.Broken) as broken:
        parsed(CELL | change)
    (line,) = str(broken.value).splitlines()
    assert line.startswith("notebooks/a.ipynb: cell a-01: ") and line.endswith(said)


@pytest.mark.parametrize("key", ["id", "cell_type", "source", "metadata"])
def test_what_is_not_there_is_named(key):
    with pytest.raises(contract.Broken, match=rf": {key}: got nothing, must be "):
        parsed({k: v for k, v in CELL.items() if k != key})


def test_what_is_no_cell_is_named():
    with pytest.raises(contract.Broken, match="cell 0: got 7, must be a table"):
        parsed(7)
