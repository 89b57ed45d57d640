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

from companion import venv

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

    def start(self, name=".venv", **more):
        fresh = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
        shelf = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.shelf), "PIP_CONFIG_FILE": ""}
        return subprocess.Popen(
            [sys.executable, "-I", MAKER, name],
            cwd=self.folder,
            env=fresh | shelf | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def make(self, name=".venv", **more):
        process = self.start(name, **more)
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


def test_two_at_once_make_it_once_whatever_a_user_has_set_for_pip(place, tmp_path):
    """Into no other place, and not in the place that a link leads to."""
    config, elsewhere = tmp_path / "pip.conf", tmp_path / "elsewhere"
    config.write_text(f"[install]\nuser = true\ntarget = {elsewhere}\n[global]\ndry-run = true\n")
    theirs = {"PIP_CONFIG_FILE": str(config), "PIP_NO_BINARY": ":all:", "PIP_REQUIRE_HASHES": "1"}
    theirs |= {"PIP_PREFIX": str(elsewhere), "PIP_ROOT": str(elsewhere)}
    (place.folder / ".venv").rename(tmp_path / "disk")
    (place.folder / ".venv").symlink_to(tmp_path / "disk")
    place.lock("two")
    first, second = (place.start(**theirs) for _ in range(2))
    said = "".join(first.communicate() + second.communicate())
    assert first.returncode == second.returncode == 0, said
    assert said.count("making .venv") == 1
    assert place.holds("two") and not place.holds("one")  # what the lock does not name is gone
    assert not os.path.lexists(place.folder / ".venv.old") and not elsewhere.exists()
    assert (tmp_path / "disk" / ".locked").exists() and not (place.folder / ".venv").is_symlink()


def test_of_a_users_settings_for_pip_only_those_pass_that_say_from_where(monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\npython = /nowhere\nindex-url = https://a.invalid\ntimeout = 9\nroot = /nowhere\n"
        "[install]\nindex-url = https://b.invalid\nfind-links =\n  one\n  two\nno-binary = :all:\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name in ("PYTHON", "PREFIX", "ROOT", "TARGET", "DRY_RUN", "REQUIRE_HASHES", "ONLY_BINARY"):
        monkeypatch.setenv(f"PIP_{name}", "/nowhere")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_TIMEOUT", "8")
    made = venv.settings(Path(sys.executable))
    assert made.pop("PIP_FIND_LINKS").split() == ["one", "two"]
    assert (made.pop("PIP_INDEX_URL"), made.pop("PIP_TIMEOUT")) == ("https://b.invalid", "8")
    assert made.pop("PIP_CONFIG_FILE") == os.devnull and "/nowhere" not in made.values()
    kept = {f"PIP_{name.upper().replace('-', '_')}" for name in venv.FETCHING}
    assert made.keys() <= kept  # the machine's own


def test_no_stamp_is_set_where_pip_installed_nothing(place, monkeypatch):
    monkeypatch.chdir(place.folder)
    monkeypatch.setattr(venv, "run", lambda *words, **settings: "")
    (place.folder / ".venv" / ".locked").unlink()
    place.lock("one", "two")
    with pytest.raises(venv.Failed, match="did not install two==1"):
        venv.install(Path(".venv"), venv.LOCK, ".locked")
    assert not (place.folder / ".venv" / ".locked").exists()


@pytest.mark.parametrize("gone", ["bin/python", "lib/python3*/site-packages/one-1.dist-info"])
def test_an_environment_that_lacks_its_python_or_a_package_is_made_anew(place, monkeypatch, gone):
    (path,) = (place.folder / ".venv").glob(gone)
    path.rename(place.folder / "gone")
    if gone == "bin/python":
        path.symlink_to("/nowhere/python")
    monkeypatch.chdir(place.folder)
    made = []
    monkeypatch.setattr(venv, "anew", lambda folder, old: made.append(folder))
    venv.renew(Path(".venv"), Path(".venv.old"))
    assert made == [Path(".venv")]


@pytest.mark.parametrize("name", ["docs", "file", ".", "", "docs/../docs", "new"])
def test_a_folder_that_make_did_not_make_stays(place, name):
    for folder in ("docs", "new.old"):
        (place.folder / folder).mkdir()
        (place.folder / folder / "thesis.txt").write_text("years of work")
    (place.folder / "file").touch()
    before = sorted(place.folder.rglob("*"))
    given = "new.old" if name == "new" else name
    one_line(place.make(name), f"VENV: got {given!r}, must be an environment that make made")
    assert sorted(place.folder.rglob("*")) == before
