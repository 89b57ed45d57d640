"""Make the environment of the lock; run as a file, by a Python that has nothing installed.

    python3 -I src/companion/venv.py FOLDER [LOCK]

Two stamps in the folder say what it was made from: ``.locked`` is a copy of ``requirements.lock``,
``.made`` one of ``pyproject.toml``. A file that only looks newer, as after a checkout, renews
nothing. Another lock makes the whole folder anew, and so does a pinned package or a Python that is
gone from it; until that is done the old one waits beside it, and comes back when it fails or was
killed. A folder without a stamp is somebody else's and stays. pip checks every hash; the project
itself is installed by the pinned backend, with no isolation. A second lock, which agrees with the
first, only adds.
"""

import ast
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LOCK, PROJECT = Path("requirements.lock"), Path("pyproject.toml")
PIP = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-deps"]
# Of a user's settings for pip those that say from where packages come; not those that say whither.
FETCHING = {"index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert"}
FETCHING |= {"client-cert", "keyring-provider", "proxy", "timeout", "default-timeout", "retries"}
FETCHING |= {"cache-dir", "no-cache-dir"}
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


def run(*command, **settings: str) -> str:
    """Run quietly, and return what was said; :class:`Failed` says why it failed."""
    passed = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in command],
        env=passed | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Failed(reason(done.stdout))
    return done.stdout


def settings(python: Path) -> dict:
    """A user's settings for pip that count here, as variables: first its files', then variables."""
    files = {k: v for k, v in os.environ.items() if k == "PIP_CONFIG_FILE"}
    said = run(python, "-m", "pip", "--python", python, "config", "list", **files)
    found = re.findall(r"^(global|install)\.([\w-]+)=(.*)$", said, re.M)
    chosen = {key: ast.literal_eval(value) for _, key, value in sorted(found)}
    chosen |= {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and value
    }
    counting = {k: v for k, v in chosen.items() if k in FETCHING}
    names = {f"PIP_{key.upper().replace('-', '_')}": v for key, v in counting.items()}
    return names | {"PIP_CONFIG_FILE": os.devnull}


def missing(folder: Path, lock: Path) -> list:
    """What the lock pins on every machine, and the folder does not hold in that version."""

    def plain(name):
        return re.sub("[-_.]+", "-", name).lower()

    names = (d.name for d in folder.glob("lib/python*/site-packages/*.dist-info"))
    parts = (name.removesuffix(".dist-info").rpartition("-") for name in names)
    found = {f"{plain(name)}=={version}" for name, _, version in parts}
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+) +(?:\\|--)", lock.read_text("utf-8"), re.M)
    return [f"{n}=={v}" for n, v in pinned if f"{plain(n)}=={v}" not in found]


def install(folder: Path, lock: Path, stamp: str) -> None:
    """Install what the lock pins; the stamp says that all of it is there."""
    python = folder / "bin" / "python"
    run(python, *PIP, "--require-hashes", "-r", lock, **settings(python))
    left = missing(folder, lock)
    if left:
        raise Failed(f"pip said nothing, and did not install {left[0]}")
    shutil.copyfile(lock, folder / stamp)


def same(stamp: Path, file: Path) -> bool:
    """Whether this was made from the file as it is."""
    return stamp.exists() and stamp.read_bytes() == file.read_bytes()


def ours(folder: Path) -> bool:
    """Whether the folder may be replaced: none yet, an empty one, or one that was made here."""
    if any((folder / stamp).exists() for stamp in (".locked", ".making")):
        return True
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def discard(folder: Path) -> None:
    """Remove an environment; of a link, not what it leads to."""
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def anew(folder: Path, old: Path) -> None:
    """Make the environment from nothing, with the old one aside until it stands."""
    say(f"making {folder} from {LOCK}")
    discard(old)
    if os.path.lexists(folder):
        folder.rename(old)
    try:
        folder.mkdir(parents=True)
        (folder / ".making").touch()
        run(sys.executable, "-I", "-m", "venv", "--", folder)
        install(folder, LOCK, ".locked")
        (folder / ".making").unlink()
    except BaseException:
        discard(folder)
        if os.path.lexists(old):
            old.rename(folder)
        raise
    discard(old)


def renew(folder: Path, old: Path) -> None:
    """Bring the environment up to date, if it is not."""
    if os.path.lexists(old) and not (folder / ".locked").exists():  # killed while it was made
        discard(folder)
        old.rename(folder)
    python = folder / "bin" / "python"
    if not same(folder / ".locked", LOCK) or not python.exists() or missing(folder, LOCK):
        anew(folder, old)
    if not same(folder / ".made", PROJECT):
        run(python, *PIP, "--no-build-isolation", "-e", ".", **settings(python))
        shutil.copyfile(PROJECT, folder / ".made")


def add(folder: Path, lock: Path) -> None:
    """Install what a further lock has more, if that was not done."""
    stamp = f".{lock.name}"
    if not same(folder / stamp, lock) or missing(folder, lock):
        say(f"adding to {folder} from {lock}")
        install(folder, lock, stamp)


def say(line: str) -> None:
    """Tell it; where nobody can be told, the work goes on."""
    try:
        print(line, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def alone() -> int:
    """Wait until no other make is at work here; the folder itself is what is locked."""
    here = os.open(".", os.O_RDONLY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another make is at work on the environment: waiting for it")
        fcntl.flock(here, fcntl.LOCK_EX)
    return here


def main(name: str, *more: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (any Python may read this file)
        got = "{}.{}".format(*sys.version_info[:2])
        sys.exit(f"make: PYTHON: got {got}, must be 3.11 or later")
    try:
        alone()
        folder = Path(name)
        old = Path(f"{folder}.old")
        for given, path in ((name, folder), (str(old), old)):
            if not ours(path):
                must = "an environment that make made, or no folder yet"
                sys.exit(f"make: VENV: got {given!r}, must be {must}: it stays as it is")
        renew(folder, old)
        for lock in more:
            add(folder, Path(lock))
    except Failed as why:
        sys.exit(f"make: {name}: {why}; nothing else was changed")
    except KeyboardInterrupt:
        sys.exit(f"make: {name}: interrupted; nothing was changed")
    except OSError as error:
        sys.exit(f"make: {error.filename or name}: {error.strerror}; nothing else was changed")


if __name__ == "__main__":
    main(*sys.argv[1:])
