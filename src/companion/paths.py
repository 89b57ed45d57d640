"""Where things are: the project's root, the notebooks, what the build makes below ``_build``."""

import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]


def _holds_a_project(folder: Path) -> bool:
    return (folder / "notebooks").is_dir() and (folder / "_config.yml").is_file()


def _root() -> Path:
    """The project around the working directory, or else the one that this code lies in."""
    here = Path.cwd()
    return next(filter(_holds_a_project, (here, *here.parents, SOURCE.parent)), here)


ROOT = _root()
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "_build"
STAGE = BUILD / "stage"
SITE = BUILD / "html"
RULINGS = BUILD / "claims.json"
CERTIFICATES = ROOT / "certificates"
BASELINES = ROOT / "baselines"


def is_project() -> bool:
    """Whether a project was found, so that there is something to build."""
    return _holds_a_project(ROOT)


def notebooks() -> list[str]:
    """Names of the notebooks, without the ending: "lemma-10", and "checks/lemma-10"."""
    found = [*files(NOTEBOOKS, "*.ipynb"), *files(NOTEBOOKS, "checks/*.ipynb")]
    return sorted(p.relative_to(NOTEBOOKS).with_suffix("").as_posix() for p in found)


def files(folder: Path, pattern: str) -> list[Path]:
    """What matches the pattern, but for what is hidden: an editor's locks, a desktop's notes."""
    found = sorted(folder.glob(pattern))
    return [p for p in found if not any(n.startswith(".") for n in p.relative_to(folder).parts)]


def notebook(name: str) -> Path:
    return NOTEBOOKS / f"{name}.ipynb"


def contract_of(name: str) -> str:
    """The contract that a notebook records for: its own, or that of the chapter it checks."""
    return name.rpartition("/")[2]


def executed(profile: str, name: str) -> Path:
    return BUILD / "run" / profile / f"{name}.ipynb"


def shown(path: Path) -> str:
    """A path as a message shows it: from the root on where it lies below it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def write(path: Path, text: str) -> None:
    """Write a file in one move: whoever is killed leaves the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)  # where the disk was full
