"""Every client of Jupyter gives the records that the build has, to the last digit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from companion import paths, records

ROOT = Path(__file__).resolve().parents[1]
NAME = "lemma-08"  # the quickest; from a folder that is not the notebook's own
QUICKEST = ROOT / "notebooks" / f"{NAME}.ipynb"


def plain():
    """The environment of somebody who runs a notebook: nothing of the build, every core."""
    ours = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MPLBACKEND"}
    kept = {k: v for k, v in os.environ.items() if k not in ours and "MALLOC" not in k}
    return kept | {"PYTHONPATH": str(ROOT / "src")}


def by_nbclient(target):
    return [sys.executable, ROOT / "tests" / "execute.py", QUICKEST, QUICKEST.parent, target]


def by_nbconvert(target):
    words = ["nbconvert", "--to", "notebook", "--execute", QUICKEST]
    words += ["--output-dir", target.parent, "--output", target.name]
    return [sys.executable, "-m", *words]


@pytest.mark.slow
@pytest.mark.notebooks
@pytest.mark.xdist_group("book")
@pytest.mark.parametrize("client", [by_nbclient, by_nbconvert])
def test_a_client_gives_the_records_of_the_build(client, built, tmp_path):
    executed = paths.executed("quick", NAME)
    assert executed.exists(), built.said
    target = tmp_path / "executed.ipynb"
    command = client(target)
    done = subprocess.run(
        command, cwd=tmp_path, env=plain(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found, wanted = (records.read(json.loads(p.read_text())) for p in (target, executed))
    assert wanted and found == wanted


THREADS = """import numpy, scipy.linalg, threadpoolctl
import companion
import sklearn.cluster
print({library["num_threads"] for library in threadpoolctl.threadpool_info()})"""


def test_linear_algebra_has_one_thread_in_a_kernel_of_any_client():
    """lemma-12 differed in its last digits where the client had not set it: sums were split."""
    cell = nbformat.v4.new_code_cell(THREADS)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    client = nbclient.NotebookClient(notebook, kernel_name="python3")
    client.execute(env=plain())
    assert notebook.cells[0].outputs[0]["text"] == "{1}\n"
