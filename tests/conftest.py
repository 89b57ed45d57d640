"""Fixtures that more than one part of the suite needs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jaxtyping

ROOT = Path(__file__).resolve().parents[1]
OURS = ["ddpm_gmm", *(p.stem for p in (ROOT / "notebooks").glob("*.py"))]

jaxtyping.install_import_hook(OURS, "beartype.beartype")  # before anything imports them

import pytest  # noqa: E402
from filelock import FileLock  # noqa: E402
from hypothesis import settings  # noqa: E402

for name in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS"):  # a make of a test is nobody's part
    os.environ.pop(name, None)

# No timed tests; the same examples in every run; nothing left on disk.
settings.register_profile("companion", deadline=None, derandomize=True, database=None)
settings.load_profile("companion")


class Built(NamedTuple):
    """What ``make book`` said and how it ended."""

    returncode: int
    said: str


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder that all processes of the suite share, for what one of them makes for all."""
    # With xdist every process has a folder of its own below it.
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def built(shared):
    """``make book`` in this very tree, once for all processes of the suite."""
    outcome = shared / "built.json"
    with FileLock(shared / "built.lock"):
        if not outcome.exists():
            (ROOT / "_build" / "claims.json").unlink(missing_ok=True)  # only this run's rulings
            command = ["make", "book", f"VENV={sys.prefix}", "-o", "environment"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            outcome.write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
    result = Built(*json.loads(outcome.read_text()))
    print(result.said)
    return result


@pytest.fixture(scope="session")
def chromium():
    """Path of the system's chromium; skips without one, except where REQUIRE_BROWSER is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None and os.environ.get("REQUIRE_BROWSER"):
        pytest.fail("REQUIRE_BROWSER is set and there is no chromium")
    if path is None:
        pytest.skip("no chromium on this machine: the pages were not looked at")
    return path
