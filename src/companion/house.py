"""Where things are, and what each thing is made from.

Everything that the build makes lies under ``_build``. What an output depends on is written down,
with a hash each, in a ``.inputs`` file beside it that is touched only when it changes; make
compares times with that file, so a result is renewed exactly when something it came from differs.
"""

import ast
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from modulefinder import ModuleFinder
from pathlib import Path

import nbformat

ROOT = Path.cwd()
BUILD = ROOT / "_build"
STAGE = BUILD / "stage"
SITE = BUILD / "html"
RULINGS = BUILD / "claims.json"
CLAIMS = ROOT / "claims.toml"
SOURCE = Path(__file__).resolve().parents[1]


def notebooks() -> list[str]:
    """Names of the notebooks, without the ending."""
    return sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))


def executed(profile: str, name: str) -> Path:
    return BUILD / "run" / profile / f"{name}.ipynb"


def inputs(profile: str, name: str) -> Path:
    return executed(profile, name).with_suffix(".inputs")


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file in one move, and only if its text is new; says whether it was."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
    return True


def digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def listing(paths) -> str:
    """One line a file: its hash and its name, sorted by name."""
    return "".join(
        f"{digest(p.read_bytes())}  {p.relative_to(ROOT).as_posix()}\n" for p in sorted(set(paths))
    )


def _modules(code: str) -> set[Path]:
    """The files of our own packages that a piece of code imports, directly or not."""
    ours = {p.resolve() for p in SOURCE.rglob("*.py")}
    finder = ModuleFinder(path=[str(SOURCE)])
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as script:
        script.write(code)
        script.flush()
        finder.run_script(script.name)
    found = {Path(m.__file__).resolve() for m in finder.modules.values() if m.__file__}
    return found & ours


def _code(path: Path) -> str:
    """The notebook's code cells as one script, without lines that only IPython understands."""
    cells = (c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
    lines = "\n".join(cells).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def run_inputs(profile: str, name: str) -> str:
    """What the executed notebook comes from: itself, its modules, the lock, profile and Python.

    The certificates too, where it reads them.
    """
    path = ROOT / "notebooks" / f"{name}.ipynb"
    code = _code(path)
    try:
        ast.parse(code)
        modules = _modules(code)
    except SyntaxError:  # it will fail when it runs; until then it depends on everything
        modules = set(SOURCE.rglob("*.py"))
    runner = [SOURCE / "companion" / "run.py", SOURCE / "companion" / "records.py"]
    files = [path, ROOT / "requirements.lock", *modules, *runner]
    if SOURCE / "companion" / "certificates.py" in modules:
        files += (ROOT / "certificates").glob("*.json")
    return f"profile {profile}\npython {platform.python_version()}\n" + listing(files)


def site_inputs(profile: str) -> str:
    """What the site comes from: pages, rulings, executed notebooks, the sources it documents."""
    files = [ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "requirements.lock", RULINGS]
    files += [p for p in (ROOT / "book").rglob("*") if p.is_file()]
    files += [executed(profile, name) for name in notebooks()]
    files += SOURCE.rglob("*.py")
    return f"commit {commit()}\n" + listing(files)


def commit() -> str:
    """The commit at hand, with "-dirty" where the tree differs from it; "unknown" outside git."""
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"


def say(line: str) -> None:
    print(line, flush=True)


def complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
