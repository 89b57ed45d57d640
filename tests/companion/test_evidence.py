"""What an executed notebook is evidence of: this Python, these packages, these conditions."""

import json
import os
import sys

import pytest
from miniature import LOOK, PARAMETERS, WORK

from companion import conditions

SEEN = """
import locale, os, sys
import matplotlib
print(sys.executable, sys.warnoptions, sys.flags.optimize, locale.setlocale(locale.LC_ALL, ""))
print(matplotlib.rcParams["text.usetex"], "STARTED" in globals(), os.environ["OMP_NUM_THREADS"])
"""


def executed(project, profile="quick"):
    return json.loads(project.read(f"_build/run/{profile}/tiny.ipynb"))


def outputs(notebook):
    return [output for cell in notebook["cells"] for output in cell.get("outputs", ())]


def refused(project, *words, **more):
    """What is said of something that is refused before anything runs."""
    done = project.make(*words, **more)
    assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr
    assert not list((project.folder / "_build").rglob("run/*/*.ipynb"))
    return [
        line.removeprefix("companion: ")
        for line in done.stderr.splitlines()
        if line.startswith("companion: ")
    ]


def test_a_run_is_the_same_whatever_a_machine_has_set(project, tmp_path):
    """Another kernel of the same name, another backend, style, locale, start-up file, threads."""
    kernels = tmp_path / "share" / "kernels" / "python3"
    kernels.mkdir(parents=True)
    other = {"argv": ["false", "{connection_file}"], "display_name": "x", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(other))
    style, startup = tmp_path / "matplotlibrc", tmp_path / "startup.py"
    style.write_text("text.usetex: True\n")
    startup.write_text("STARTED = True\n")
    profile = tmp_path / "ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    (profile / "first.py").write_text("STARTED = True\n")
    # As if it stood in /etc/ipython, where no test writes.
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ipython_config.py").write_text(
        "c = get_config()\nc.InteractiveShellApp.exec_lines = ['STARTED = True']\n"
    )
    (project.folder / "notebooks" / "sitecustomize.py").write_text(
        "import sys\nif 'ipykernel' in ' '.join(sys.orig_argv):\n"
        "    from IPython.core import application\n"
        f"    application.SYSTEM_CONFIG_DIRS.append({str(tmp_path / 'etc')!r})\n"
    )
    (tmp_path / "share" / "numpy.py").write_text("raise ImportError('another numpy')\n")
    project.notebook("tiny", WORK + SEEN, figure=LOOK)
    done = project.make(
        "book",
        JUPYTER_PATH=str(tmp_path / "share"),
        MPLBACKEND="Agg",
        MATPLOTLIBRC=str(style),
        PYTHONSTARTUP=str(startup),
        IPYTHONDIR=str(tmp_path / "ipython"),
        PYTHONWARNINGS="error",
        PYTHONOPTIMIZE="2",
        PYTHONPATH=str(tmp_path / "share"),
        HOME=str(tmp_path / "nowhere"),
        LC_ALL="tr_TR.UTF-8",
        OMP_NUM_THREADS="7",
        NPY_DISABLE_CPU_FEATURES="",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arning" not in done.stderr, done.stderr
    notebook = executed(project)
    out = outputs(notebook)
    printed = "".join("".join(o["text"]) for o in out if o["output_type"] == "stream")
    assert printed == f"{sys.executable} [] 0 C.UTF-8\nFalse False 1\n"
    assert any(
        "image/png" in o.get("data", {}) or "image/svg+xml" in o.get("data", {}) for o in out
    )
    note = notebook["metadata"]["companion"]
    assert note["python"] == sys.version.split()[0]
    assert note["packages"]["numpy"] == conditions.found()["packages"]["numpy"]
    assert all(line.endswith(", 1 thread") for line in note["blas"]) and note["blas"]
    assert note["environment"]["NPY_DISABLE_CPU_FEATURES"] == ""
    assert note["environment"]["OMP_NUM_THREADS"] == "1"
    # And what it rests on is told by the site, too.
    assert note["blas"][0].split(",")[0] in project.read("_build/html/book/status.html")
    left = [p for p in (project.folder / "_build").rglob("*.kernel")]
    assert left == []


def test_the_versions_are_those_of_the_kernel(project):
    """The note is written by the process that ran the notebook, from inside it."""
    project.notebook("tiny", WORK + "\nimport platform\nplatform.python_version = lambda: '9.9.9'")
    assert project.make("book").returncode == 0
    assert executed(project)["metadata"]["companion"]["python"] == "9.9.9"


def test_a_profile_that_is_set_anew_is_refused(project):
    """It would be filed as what it is not."""
    project.notebook("tiny", 'profile = "quick"\n' + WORK)
    done = project.make("book", "PROFILE=full")
    assert "tiny: got profile 'quick' at its end, must be 'full'" in done.stderr, done.stderr
    assert done.returncode != 0 and not (project.folder / "_build/run/full/tiny.ipynb").exists()


def edit(project, change, name="tiny"):
    path = project.folder / "notebooks" / f"{name}.ipynb"
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))


def lost(cells):
    del cells[1]["metadata"]["tags"]


def twice(cells):
    cells[2]["metadata"]["tags"] = ["parameters"]


def empty(cells):
    cells[1]["source"] = "seed = 1"


def seedless(cells):
    cells[1]["source"] = 'profile = "quick"'


@pytest.mark.parametrize(("change", "count"), [(lost, 0), (twice, 2), (empty, 1), (seedless, 1)])
def test_the_cell_of_parameters_is_asked_for_before_anything_runs(project, change, count):
    assert PARAMETERS.startswith("profile")
    edit(project, change)
    assert refused(project, "book", "PROFILE=full") == [
        f"notebooks/tiny.ipynb: got {count} cells tagged 'parameters', must be one,"
        " and must set profile and seed"
    ]


def test_what_is_no_notebook_of_the_book_is_named_in_one_line_each(project):
    """A copy, an empty file, the marks of a merge, a file that cannot be read, a folder."""
    folder = project.folder / "notebooks"
    text = (folder / "tiny.ipynb").read_bytes()
    odd = {
        "tiny copy": text,
        "tiny-copy": text,
        "nothing": b"",
        "merged": b"<<<<<<< ours\n" + text,
        "latin": '{"cells": "\xe9"}'.encode("latin-1"),
        "null": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": null}',
    }
    for name, data in odd.items():
        (folder / f"{name}.ipynb").write_bytes(data)
        if name not in ("tiny copy", "tiny-copy"):
            project.claims("root", notebook=name)
    (folder / "._tiny.ipynb").write_bytes(b"\0\5\26\7")  # hidden: a desktop's, and no notebook
    project.claims("root", notebook="folder")
    (folder / "folder.ipynb").mkdir()
    project.claims("root", notebook="gone")
    (folder / "gone.ipynb").symlink_to("nowhere")
    for name in (*odd, "folder", "gone"):
        project.append("_toc.yml", f"- file: notebooks/{name}\n")
    said = refused(project, "book")
    named = [line.partition(":")[0] for line in said]
    assert named == sorted(f"notebooks/{name}.ipynb" for name in (*odd, "folder", "gone"))
    assert "cannot be read: Is a directory" in said[named.index("notebooks/folder.ipynb")]
    assert "(a copy?)" in said[named.index("notebooks/tiny copy.ipynb")]
    assert "has no contract" in said[named.index("notebooks/tiny-copy.ipynb")]
    assert "a conflict of a merge" in said[named.index("notebooks/merged.ipynb")]


def test_a_damaged_executed_notebook_runs_again(project):
    """As a machine that lost its power leaves it."""
    copy = project.folder / "_build" / "run" / "quick" / "tiny.ipynb"
    copy.parent.mkdir(parents=True)
    for data in (bytes(100), b'{"metadata": {}}', b'{"metadata": {}, "cells": [{}]}', b"[]"):
        copy.write_bytes(data)
        done = project.command("judge")
        assert "claim tiny.root missing: the executed copy of tiny is damaged" in done.stderr


def test_the_variables_of_the_caller_that_lead_elsewhere_do_not_pass(monkeypatch, tmp_path):
    for name in ("PYTHONPATH", "PYTHONWARNINGS", "JUPYTER_PATH", "LC_NUMERIC", "MPLBACKEND"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv(
        "OPENBLAS_CORETYPE", "Haswell"
    )  # a machine may need it: it passes, and is told
    made = conditions.environment(tmp_path)
    assert "elsewhere" not in made.values()
    assert made["OPENBLAS_CORETYPE"] == "Haswell" and made["PATH"] == os.environ["PATH"]
