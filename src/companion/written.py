"""The notebooks as they are written: which files are one, and what is said of those that are not.

Asked before anything runs. A copy that somebody left there, a file that a merge broke, a cell that
lost its tag: each is a line that names the file.
"""

import ast
import re
from collections.abc import Callable, Iterable

import nbformat

from companion import paths, syntax
from companion.contract import Broken

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def parse(name: str, data: bytes):
    """The notebook in these bytes, an nbformat node; :class:`Broken` where there is none."""
    try:
        return nbformat.reads(data.decode(), as_version=4)
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError, TypeError):
        raise Broken(
            f"{paths.shown(paths.notebook(name))}: got a file that is no notebook, must be one"
            " (a conflict of a merge, or an empty file?)"
        ) from None


def _binds(code: str, variable: str) -> bool:
    """Whether a piece of code assigns to this variable."""
    try:
        names = (node for node in ast.walk(syntax.parsed(code)) if isinstance(node, ast.Name))
    except SyntaxError:
        return False
    return any(node.id == variable and isinstance(node.ctx, ast.Store) for node in names)


def fault(name: str, read: Callable) -> str | None:
    """What is wrong with the notebook of this name, if anything; ``read`` gives its node."""
    chapter = paths.contract_of(name)
    if not NAME.fullmatch(chapter):
        return f"got {chapter!r}, must be small letters and digits joined by hyphens (a copy?)"
    if not (paths.NOTEBOOKS / f"{chapter}.toml").exists():
        return f"has no contract, must have notebooks/{chapter}.toml (a copy?)"
    cells = (c for c in read(name).cells if c.cell_type == "code")
    tagged = [c.source for c in cells if "parameters" in (c.metadata.get("tags") or ())]
    if len(tagged) != 1 or not _binds(tagged[0], "profile"):
        return f"got {len(tagged)} cells tagged 'parameters', must be one, and must set profile"
    return None


def check(names: Iterable[str], read: Callable) -> None:
    """Raise :class:`Broken` with a line for every file that is no notebook of the book."""
    faults = []
    for name in names:
        shown = paths.shown(paths.notebook(name))
        try:
            if what := fault(name, read):
                faults.append(f"{shown}: {what}")
        except Broken as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{shown}: cannot be read: {error.strerror}")
    if faults:
        raise Broken("\n".join(faults))
