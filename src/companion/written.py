"""The notebooks as they are written: which files are one, and what is said of those that are not.

Asked before anything runs. A copy that somebody left there, a file that a merge broke, a cell that
lost its tag: each is a line that names the file.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable

import nbformat

from companion import contract, paths, syntax, words
from companion.contract import Broken, Claim

ROLE = re.compile(r"(?<!`)\{(claim|control)\}`([^`]*)`")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


FORM = (  # of a cell: where, of what kind, and whether it may be absent
    ("id", str, False),
    ("cell_type", str, False),
    ("source", (str, list), False),
    ("metadata", dict, False),
    ("metadata.tags", list, True),
    ("metadata.mystnb", dict, True),
    ("metadata.mystnb.figure", dict, True),
    ("metadata.mystnb.figure.name", str, True),
    ("metadata.mystnb.figure.caption", str, True),
    ("metadata.mystnb.image", dict, True),
    ("metadata.mystnb.image.alt", str, True),
)
KINDS = {str: "text", (str, list): "text", list: "a list", dict: "a table"}


def misshapen(number: int, cell) -> list[str]:
    """What in a cell, as parsed from its file, is not of the kind that it must be."""
    if not isinstance(cell, dict):
        return [f"cell {number}: got {cell!r:.40}, must be a table"]
    found, wrong, said = [], [], f"cell {cell.get('id', number)}"
    for where, kind, optional in FORM:
        if any(where.startswith(f"{other}.") for other in wrong):
            continue
        *way, last = where.split(".")
        inside = cell
        for key in way:
            inside = inside.get(key, {})
        if (last not in inside and optional) or isinstance(inside.get(last), kind):
            continue
        wrong.append(where)
        got = f"{inside[last]!r:.40}" if last in inside else "nothing"
        found.append(f"{said}: {where}: got {got}, must be {KINDS[kind]}")
    return found


def parse(name: str, data: bytes):
    """The notebook in these bytes, an nbformat node; :class:`Broken` where there is none."""
    shown = paths.shown(paths.notebook(name))
    try:
        text = data.decode()
        cells = list(enumerate(json.loads(text)["cells"]))
        if found := [fault for number, cell in cells for fault in misshapen(number, cell)]:
            raise Broken("\n".join(f"{shown}: {fault}" for fault in found))
        return nbformat.reads(text, as_version=4)
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError, TypeError):
        raise Broken(
            f"{shown}: got a file that is no notebook, must be one"
            " (a conflict of a merge, or an empty file?)"
        ) from None


def _binds(code: str, variable: str) -> bool:
    """Whether a piece of code assigns to this variable."""
    try:
        names = (node for node in ast.walk(syntax.parsed(code)) if isinstance(node, ast.Name))
    except SyntaxError:
        return False
    return any(node.id == variable and isinstance(node.ctx, ast.Store) for node in names)


def sizes(notebook) -> dict[str, dict]:
    """What the notebook gives to ``sizes``, {profile: {name: value}}; None for what is no literal.

    Written as ``sizes(profile, quick={"n": 1}, ...)`` or ``quick=dict(n=1)``.
    """
    found = {}
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        try:
            nodes = ast.walk(syntax.parsed(syntax.python(cell.source)[0]))
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "sizes":
                for word in node.keywords:
                    found.setdefault(word.arg, {}).update(_entries(word.value))
    return found


def _entries(node):
    """(name, value) of what stands in a dictionary, ``{...}`` or ``dict(...)``, and in its own."""
    if isinstance(node, ast.Dict):
        keys = (getattr(key, "value", None) for key in node.keys)
        pairs = zip(keys, node.values, strict=True)
    else:
        pairs = ((word.arg, word.value) for word in getattr(node, "keywords", ()))
    for name, value in pairs:
        if name is None:
            yield from _entries(value)
            continue
        try:
            yield name, ast.literal_eval(value)
        except ValueError:
            yield name, None


def _beyond(name: str, notebook) -> list[str]:
    """What is wrong between the sizes that a reader may change and those of the notebook."""
    parameters, faults = contract.parameters(name), []
    stated = sizes(notebook) if parameters else {}
    for size, parameter in parameters.items():
        said = f"notebooks/{name}.toml: reader: {size}: "
        if not stated:
            faults.append(
                f"{said}no cell of the notebook calls sizes(profile, quick=..., full=...)"
            )
        for profile, own in stated.items():
            low, high = parameter.low, parameter.high
            if type(own.get(size)) is not int or not low <= own[size] <= high:
                faults.append(
                    f"{said}got {own.get(size)} from sizes(profile, {profile}=...) in the notebook,"
                    f" must be a whole number there, from {low} to {high}"
                )
    return faults


def _unstated(cells, claims: dict[str, Claim]) -> list[str]:
    """A line for every role, in text or caption, with an id that no contract states."""
    faults = []
    for cell in cells:
        caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        for role, id in ROLE.findall(cell.source if cell.cell_type == "markdown" else caption):
            if id not in claims:
                must = f"must be a claim of a contract{words.perhaps(id, claims)}"
                faults.append(f"cell {cell.get('id')}: got {{{role}}}`{id}`, {must}")
    return faults


def faults(name: str, read: Callable, claims: dict[str, Claim]) -> list[str]:
    """All that is wrong with the notebook of this name; ``read`` gives its node."""
    shown, chapter = paths.shown(paths.notebook(name)), paths.contract_of(name)
    if not NAME.fullmatch(chapter):
        must = "must be small letters and digits joined by hyphens (a copy?)"
        return [f"{shown}: got {chapter!r}, {must}"]
    if not (paths.NOTEBOOKS / f"{chapter}.toml").exists():
        return [f"{shown}: has no contract, must have notebooks/{chapter}.toml (a copy?)"]
    try:
        notebook = read(name)
    except Broken as error:
        return [str(error)]
    except OSError as error:
        return [f"{shown}: cannot be read: {error.strerror}"]
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    tagged = [c.source for c in cells if "parameters" in (c.metadata.get("tags") or ())]
    found = []
    if len(tagged) != 1 or not all(_binds(tagged[0], v) for v in ("profile", "seed")):
        must = "must be one, and must set profile and seed"
        found.append(f"{shown}: got {len(tagged)} cells tagged 'parameters', {must}")
    found += [f"{shown}: {fault}" for fault in _unstated(notebook.cells, claims)]
    return found + (_beyond(name, notebook) if name == chapter else [])


def check(names: Iterable[str], read: Callable) -> None:
    """Raise :class:`Broken` with a line for all that is wrong with these notebooks."""
    claims = contract.load()
    if found := [fault for name in names for fault in faults(name, read, claims)]:
        raise Broken("\n".join(found))
