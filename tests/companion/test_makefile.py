"""The Makefile itself: what it hands on of what was typed, and of what a machine has set."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from miniature import ROOT

TELL = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))\n"


@pytest.fixture
def face(tmp_path):
    """The Makefile over a maker and a command that do no more than say what they were asked."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "src" / "companion").mkdir(parents=True)
    (tmp_path / "src" / "companion" / "venv.py").write_text(TELL)
    (tmp_path / "src" / "companion_command.py").write_text(TELL)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)

    def make(*words, **more):
        return subprocess.run(
            ["make", *words],
            cwd=tmp_path,
            env=os.environ | more,
            capture_output=True,
            text=True,
            check=False,
        )

    make.folder = tmp_path
    return make


def asked(done):
    """The words and the environment of the maker and of the command."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(done, line):
    assert done.returncode == 2
    assert [x for x in done.stderr.splitlines() if "***" not in x] == [line]


@pytest.mark.parametrize(
    "evil", ["x; touch p", "$(shell touch p)", "$(touch p)", "`touch p`", "'|touch p", "d=*", "$$"]
)
def test_what_is_typed_reaches_the_command_as_it_is(face, evil):
    typed = [f"{name}={evil}" for name in ("NAME", "PARAMS", "PROFILE", "CLAIMS", "ROOTS")]
    typed += [f"TITLE={evil}", f"ITEM={evil}"]
    words = evil.split()
    for target, wanted in {
        "notebook": ["notebook", "--", evil, *words],
        "baseline": ["baseline", "--", *words],
        "seeds": ["seeds", f"--only={evil}", "--", *words],
        "new": ["new", f"--title={evil}", f"--item={evil}", "--", evil],
    }.items():
        assert asked(face(target, *typed))[1][0] == [f"--profile={evil}", *wanted]
    refused(
        face("book", f"PYTHON={evil}"),
        f"make: PYTHON: got '{evil}', must be a Python, 3.11 or later",
    )
    assert not (face.folder / "p").exists()


def test_what_the_environment_calls_so_is_somebody_elses(face):
    theirs = dict.fromkeys(("NAME", "PARAMS", "CLAIMS", "ROOTS", "LAB", "PYTEST", "PROFILE"), "x")
    theirs |= {"VENV": "/nowhere", "PYTHON": "/nowhere", "MAKEFLAGS": " -- NAME=y"}
    theirs |= {"PYTHONINSPECT": "1", "PYTHONHOME": "/nowhere", "PYTHONPLATLIBDIR": "nowhere"}
    theirs |= {"PYTHONHASHSEED": "x", "PYTHONPATH": "/nowhere", "PYTHONNOUSERSITE": "1"}
    (maker, _), (words, environment) = asked(face("seeds", **theirs | {"MAKEFLAGS": ""}))
    assert maker == [".venv"] and words == ["--profile=quick", "seeds", "--"]
    free = ("PYTHON", "PYTHONDONTWRITEBYTECODE")
    left = {k: v for k, v in environment.items() if k.startswith("PYTHON") and k not in free}
    assert left == {"PYTHONPATH": str(face.folder / "src"), "PYTHONNOUSERSITE": "1"}
    assert asked(face("notebook", **theirs))[1][0] == ["--profile=quick", "notebook", "--", "y"]
    assert "MAKEFLAGS" not in asked(face("notebook", "NAME=y"))[1][1]  # for the makes of a test


def test_a_tilde_is_the_home_whatever_shell_was_typed_into(face):
    (maker, _), _ = asked(face("book", "VENV=~/.venv", HOME=str(face.folder)))
    assert maker == [f"{face.folder}/.venv"]


def test_the_maker_is_asked_each_time_whatever_the_files_times_are(face):
    """An older lock of other content, as an archive or a copy brings it, is a new lock."""
    for name in ("requirements.lock", "pyproject.toml"):
        (face.folder / name).touch()
        os.utime(face.folder / name, (0, 0))
    (face.folder / ".venv" / ".made").touch()
    assert [words for words, _ in asked(face("book"))] == [[".venv"], ["--profile=quick", "build"]]


@pytest.mark.parametrize("python", ["", "/nowhere/python", "./python2"])
def test_what_is_no_python_of_ours_is_named(face, python):
    (face.folder / "python2").write_text("#!/bin/sh\necho 'Unknown option: -I' >&2; exit 2\n")
    (face.folder / "python2").chmod(0o755)
    must = "must be a Python, 3.11 or later"
    refused(face("book", f"PYTHON={python}"), f"make: PYTHON: got '{python}', {must}")


@pytest.mark.parametrize("folder", ["docs", ".", ""])
def test_clean_removes_what_make_made_and_nothing_else(face, folder):
    (face.folder / "docs").mkdir()
    (face.folder / "docs" / "thesis.txt").write_text("years of work")
    before = sorted(face.folder.rglob("*"))
    done = face("clean", f"VENV={folder}", VENV="docs")
    assert folder == "" or (
        done.returncode == 2 and f"VENV: got '{folder}', must be" in done.stderr
    )
    assert sorted(face.folder.rglob("*")) == before
    elsewhere = face.folder / "elsewhere"
    (face.folder / ".venv").rename(elsewhere)
    (elsewhere / ".locked").touch()
    (face.folder / ".venv").symlink_to("elsewhere")
    assert face("clean").returncode == 0
    assert elsewhere.exists() and not os.path.lexists(face.folder / ".venv")
