"""Write environment.yml: Python by conda, the packages of the two locks by pip, and the project.

    python .ci/pins.py [FILE]

Only the packages that pyproject.toml names are pinned there, in its order, at the locks' versions.
"""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

HEAD = """\
# Written by `make lock`: the versions are those of requirements.lock and requirements-lab.lock.
# conda brings Python and make, pip the very wheels with which the book's numbers were measured.
name: ddpm-gmm-companion
channels: [conda-forge, nodefaults]
dependencies:
  - python=3.11
  - make
  - pip
  - pip:
"""


def pinned(lock: str) -> dict[str, list[str]]:
    """{package: its lines} of a lock's text, a line for each version, with the Python it is for."""
    found: dict[str, list[str]] = {}
    for line in re.findall(r"^[\w.-]+==[^\\\n]+", lock, flags=re.M):
        found.setdefault(line.partition("==")[0], []).append(line.strip())
    return found


def wanted(pyproject: str) -> list[str]:
    """The packages that the text of pyproject.toml asks for, in its order."""
    project = tomllib.loads(pyproject)["project"]
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = dict.fromkeys(re.match(r"[\w.-]+", line)[0] for line in lines)
    return [name for name in names if name != project["name"]]


def environment(root: Path) -> str:
    """The text of environment.yml; one line where the lock lacks a package."""

    def read(name):
        return (root / name).read_text(encoding="utf-8")

    versions = pinned(read("requirements-lab.lock")) | pinned(read("requirements.lock"))
    names = [*wanted(read("pyproject.toml")), "jupyterlab"]
    for name in names:
        if name not in versions:
            sys.exit(f"requirements.lock: has no {name}, must have what pyproject.toml asks for")
    pins = "".join(f"      - {line}\n" for name in names for line in versions[name])
    return HEAD + pins + "      - -e .\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "environment.yml"
    target.write_text(environment(ROOT), encoding="utf-8")
