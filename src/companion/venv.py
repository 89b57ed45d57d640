"""Make the environment of the lock; run as a file, by a Python that has nothing installed.

    python3 -I src/companion/venv.py FOLDER [LOCK]

Two stamps in the folder say what it was made from: ``.locked`` is a copy of ``requirements.lock``,
``.made`` one of ``pyproject.toml``. A file that only looks newer, as after a checkout, renews
nothing. Another lock makes the whole folder anew; until that is done the old one waits beside it,
and comes back when it fails or was killed. pip checks every hash; the project itself is installed
by the pinned backend, with no isolation. A second lock, which agrees with the first, only adds.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LOCK, PROJECT = Path("requirements.lock"), Path("pyproject.toml")
PIP = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-deps"]
PIP += ["--no-user", "--target="]  # whatever a user's pip.conf says
UNREACHED = ("connection broken by", "Could not fetch URL", "Network is unreachable")


class Failed(Exception):
    """What could not be done, in one line."""


def reason(said: str) -> str:
    """Of all that pip or venv said, the line that a user needs."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    # What a package's builder raised says more than pip's word for it, and that more than hints.
    signs = (r"\w+Error: ", "ERROR: ", "error: ", "")
    found = ([line for line in lines if re.match(sign, line)] for sign in signs)
    last = next(filter(None, found))[-1].replace("ERROR: ", "")
    if "ensurepip is not" in said:
        return "this Python cannot make environments: on Debian, apt install python3-venv"
    if any(sign in said for sign in UNREACHED):
        return f"the package registry could not be reached ({last})"
    return last


def run(*command) -> None:
    """Run quietly; :class:`Failed` says why it failed."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Failed(reason(done.stdout))


def same(stamp: Path, file: Path) -> bool:
    """Whether this was made from the file as it is."""
    return stamp.exists() and stamp.read_bytes() == file.read_bytes()


def anew(folder: Path, old: Path) -> None:
    """Make the environment from nothing, with the old one aside until it stands."""
    print(f"making {folder} from {LOCK}", flush=True)
    if folder.exists():
        folder.rename(old)
    try:
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin" / "python", *PIP, "--require-hashes", "-r", LOCK)
        shutil.copyfile(LOCK, folder / ".locked")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def renew(folder: Path) -> None:
    """Bring the environment up to date, if it is not."""
    old = folder.with_name(folder.name + ".old")
    if old.exists() and not (folder / ".locked").exists():  # killed while it was made
        shutil.rmtree(folder, ignore_errors=True)
        old.rename(folder)
    if not same(folder / ".locked", LOCK):
        anew(folder, old)
    if not same(folder / ".made", PROJECT):
        run(folder / "bin" / "python", *PIP, "--no-build-isolation", "-e", ".")
        shutil.copyfile(PROJECT, folder / ".made")
    (folder / ".made").touch()


def add(folder: Path, lock: Path) -> None:
    """Install what a further lock has more, if that was not done."""
    if not same(folder / f".{lock.name}", lock):
        print(f"adding to {folder} from {lock}", flush=True)
        run(folder / "bin" / "python", *PIP, "--require-hashes", "-r", lock)
        shutil.copyfile(lock, folder / f".{lock.name}")


def alone() -> int:
    """Wait until no other make is at work here; the folder itself is what is locked."""
    here = os.open(".", os.O_RDONLY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another make is at work on the environment: waiting for it", flush=True)
        fcntl.flock(here, fcntl.LOCK_EX)
    return here


def main(name: str, *more: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (any Python may read this file)
        got = "{}.{}".format(*sys.version_info[:2])
        sys.exit(f"make: PYTHON: got {got}, must be 3.11 or later")
    try:
        alone()
        renew(Path(name))
        for lock in more:
            add(Path(name), Path(lock))
    except Failed as why:
        sys.exit(f"make: {name}: {why}; nothing else was changed")
    except KeyboardInterrupt:
        sys.exit(f"make: {name}: interrupted; nothing was changed")
    except OSError as error:
        sys.exit(f"make: {error.filename or name}: {error.strerror}; nothing else was changed")


if __name__ == "__main__":
    main(*sys.argv[1:])
