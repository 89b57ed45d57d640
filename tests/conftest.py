"""Fixtures that more than one part of the suite needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jaxtyping

ROOT = Path(__file__).resolve().parents[1]
OURS = ["ddpm_gmm", *(p.stem for p in (ROOT / "notebooks").glob("*.py"))]

jaxtyping.install_import_hook(OURS, "beartype.beartype")  # before anything imports them

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# No timed tests; the same examples in every run; nothing left on disk.
settings.register_profile("companion", deadline=None, derandomize=True, database=None)
settings.load_profile("companion")


@pytest.fixture(scope="session")
def built():
    """``make book`` in this very tree: the finished process, whatever came of it."""
    (ROOT / "_build" / "claims.json").unlink(missing_ok=True)  # only this run's rulings count
    command = ["make", "book", f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.made"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    return done


@pytest.fixture(scope="session")
def chromium():
    """Path of the system's chromium; skips without one, except where REQUIRE_BROWSER is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None and os.environ.get("REQUIRE_BROWSER"):
        pytest.fail("REQUIRE_BROWSER is set and there is no chromium")
    if path is None:
        pytest.skip("no chromium on this machine: the pages were not looked at")
    return path
