"""The environment: made whole or not at all, by the very file that make runs.

The packages are three lines long and lie in a folder, so that nothing is fetched.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKER = ROOT / "src" / "companion" / "venv.py"
pytestmark = pytest.mark.slow

# What builds the miniature project: it writes a wheel that holds one module.
BACKEND = """
import zipfile

def build_editable(folder, settings=None, metadata=None):
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("tiny.py", "")
        about = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
        wheel.writestr("tiny-1.dist-info/METADATA", about)
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"
"""


def wheel(folder, name):
    """A package of one empty module, and its line in a lock; the same file every time."""
    file = folder / f"{name}-1-py3-none-any.whl"
    about = f"{name}-1.dist-info"
    texts = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    with zipfile.ZipFile(file, "w") as made:
        for path, text in texts.items():
            made.writestr(zipfile.ZipInfo(path), text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


class Place:
    """A project of one pinned package, and all the packages that there are."""

    def __init__(self, folder):
        self.folder, self.shelf = folder / "project", folder / "shelf"
        self.folder.mkdir()
        self.shelf.mkdir()
        self.lock("one")
        (self.folder / "pyproject.toml").write_text(PROJECT)
        (self.folder / "backend.py").write_text(BACKEND)

    def lock(self, *names):
        lines = (wheel(self.shelf, name) for name in names)
        (self.folder / "requirements.lock").write_text("".join(lines))

    def start(self, **more):
        fresh = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
        shelf = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.shelf), "PIP_CONFIG_FILE": ""}
        return subprocess.Popen(
            [sys.executable, "-I", MAKER, ".venv"],
            cwd=self.folder,
            env=fresh | shelf | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def make(self, **more):
        process = self.start(**more)
        out, err = process.communicate()
        return process.returncode, out + err

    def holds(self, name):
        code = f"import {name}, tiny"
        python = self.folder / ".venv" / "bin" / "python"
        return (
            subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
        )


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A project whose environment has been made, to be copied: environments take seconds."""
    place = Place(tmp_path_factory.mktemp("stocked"))
    assert place.make() == (0, "making .venv from requirements.lock\n")
    return place


@pytest.fixture
def place(stocked, tmp_path):
    """A project of our own with an environment that stands."""
    shutil.copytree(stocked.folder.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    own = object.__new__(Place)
    own.folder, own.shelf = tmp_path / "project", tmp_path / "shelf"
    return own


def one_line(outcome, *parts):
    code, said = outcome
    lines = [line for line in said.splitlines() if not line.startswith("making ")]
    assert code == 1 and len(lines) == 1 and lines[0].startswith("make: "), said
    for part in parts:
        assert part in lines[0], said


def test_what_stands_is_not_made_again(place):
    assert place.holds("one")
    os.utime(place.folder / "requirements.lock")
    assert place.make(PIP_FIND_LINKS="/nowhere") == (0, "")


def test_no_network_is_said_and_the_old_environment_stays(place):
    (place.folder / "requirements.lock").write_text("two==1 --hash=sha256:" + 64 * "0" + "\n")
    nowhere = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "1"}
    one_line(place.make(**nowhere), "the package registry could not be reached", "two==1")
    assert place.holds("one") and not (place.folder / ".venv.old").exists()


def test_a_project_that_cannot_be_installed_says_why(place):
    with (place.folder / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    (place.folder / "backend.py").write_text("raise OSError('README.md is missing')\n")
    one_line(place.make(), "OSError: README.md is missing")


def test_a_killed_make_leaves_the_old_one_or_the_new(place):
    place.lock("two")
    process = place.start()
    old = place.folder / ".venv.old"
    while not old.exists() and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert old.exists()
    place.lock("one")
    assert place.make(PIP_FIND_LINKS="/nowhere") == (0, "")  # it is back, and nothing was fetched
    assert place.holds("one") and not old.exists()


def test_two_at_once_make_it_once_whatever_a_users_pip_conf_says(place, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text(f"[install]\nuser = true\ntarget = {tmp_path / 'elsewhere'}\n")
    place.lock("two")
    first, second = (place.start(PIP_CONFIG_FILE=str(config)) for _ in range(2))
    said = "".join(first.communicate() + second.communicate())
    assert first.returncode == second.returncode == 0, said
    assert said.count("making .venv") == 1
    assert place.holds("two") and not place.holds("one")  # what the lock does not name is gone
    assert not (place.folder / ".venv.old").exists()
