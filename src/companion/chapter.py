"""A new chapter: a notebook, its contract, its line in the contents and its row on the map.

What is laid down passes every test as it stands: a chapter in small, true in every sentence, to be
written over.
"""

import re
from pathlib import Path

import tomlkit

from companion import pages, paper, paths, report
from companion.contract import Broken, read
from companion.written import NAME

TEMPLATE = Path(__file__)  # chapter.ipynb and chapter.toml beside it
FUNCTIONS = ["pair.population.gradient", "objective.implicit_gradient"]  # which it uses
LONGEST = 60  # characters of a name: of the 64 of a cell's id, what its number leaves


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"the-(name|title|item|whose)", lambda word: words[word[1]], text)


def _in_the_contents(text: str, name: str, title: str) -> str:
    """The contents with the chapter after the last one that is there."""
    entry = re.compile(r"^( *)- file: notebooks/\S+\n(?:\1  .*\n)*", re.M)
    entries = list(entry.finditer(text))
    if not entries:
        raise Broken("_toc.yml: has no line '- file: notebooks/NAME', after which a chapter goes")
    last, indent = entries[-1], entries[-1][1]
    line = f'{indent}- file: notebooks/{name}\n{indent}  title: "{title}"\n'
    return text[: last.end()] + line + text[last.end() :]


def _on_the_map(text: str, name: str, item: str, says: str) -> str:
    """The map with the chapter in the row of its item, which is made if there is none."""
    document = tomlkit.parse(text.replace("\r\n", "\n"))
    if not isinstance(document["row"], tomlkit.items.AoT):
        raise Broken("book/map.toml: got row in one piece, must be tables [[row]]")
    for row in document["row"]:
        if row["item"] == item:
            row.setdefault("notebooks", tomlkit.array()).append(name)
            return tomlkit.dumps(document)
    document = tomlkit.parse(text.rstrip("\n") + "\n\n")
    row = {"item": item, "says": says, "notebooks": [name], "functions": FUNCTIONS}
    document["row"].append(tomlkit.item(row))
    return tomlkit.dumps(document)


def _known(item: str) -> tuple[str, str]:
    """Whose the item is, and what it says: only what is in paper.toml is the paper's."""
    for known in paper.read(paths.ROOT / "book").item:
        if known.name == item:
            return f"A page on {item} of {{cite:t}}`shah2023`.", known.says
    says = "Beyond the paper: the gradient of the objective vanishes at the truth."
    return "Beyond the paper's index. All of it is ours.", says


def new(name: str, title: str | None, item: str | None) -> None:
    """Lay down the chapter ``name``; refuse, before anything is written, what cannot be one."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        must = f"small letters and digits joined by hyphens, at most {LONGEST}"
        raise Broken(f"name: got {name!r:.80}, must be {must}")
    item = item or name.replace("-", " ").capitalize()
    title = title or item
    for word, text in (("ITEM", item), ("TITLE", title)):
        if not text.isprintable() or set(text) & set('"\\'):
            must = "one line without double quotes and backslashes"
            raise Broken(f"{word}: got {text!r:.80}, must be {must}")
    whose, says = _known(item)
    words = {"name": name, "title": title, "item": item, "whose": whose}
    files = {
        paths.NOTEBOOKS / f"{name}{kind}": _filled(read(TEMPLATE.with_suffix(kind)), words)
        for kind in (".ipynb", ".toml")
    }
    for path in files:
        if path.exists():
            raise Broken(f"name: got {name!r}, must be new: {paths.shown(path)} is there already")
    contents, rows = paths.ROOT / "_toc.yml", paths.ROOT / "book" / "map.toml"
    files[contents] = _in_the_contents(read(contents).replace("\r\n", "\n"), name, title)
    pages.load_map()  # refused where it is none
    files[rows] = _on_the_map(read(rows), name, item, says)
    for path, text in files.items():
        paths.write(path, text)
        report.say(f"wrote {paths.shown(path)}")
    report.say(f"make notebook NAME={name} runs it; README, 'Add a lemma', says what to write over")
