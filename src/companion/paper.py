"""What is known of the paper, item by item: ``book/paper.toml``, and the box that shows it."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from companion.contract import Broken

FROM = {
    "index": "the paper's index",
    "abstract and index": "the paper's abstract and index",
    "index and second hand": "the paper's index and accounts by others",
    "second hand": "accounts by others",
    "the paper": "the paper itself",
}


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """One theorem, lemma or algorithm, and all that may be called the paper's about it."""

    name: str
    label: str  # in the paper's source; empty where it is not known
    source: Literal[
        "index", "abstract and index", "index and second hand", "second hand", "the paper"
    ]
    says: str
    place: str  # section and page, for whoever has the paper to fill in


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The paper's addresses and its items in its own order."""

    arxiv: str
    neurips: str
    item: list[Item]

    def box(self, name: str) -> str | None:
        """What the box about an item says, in MyST; None where there is no such item."""
        found = next((item for item in self.item if item.name == name), None)
        if found is None:
            return None
        where = f", {found.place}" if found.place else ""
        links = f"[arXiv]({self.arxiv}) · [NeurIPS]({self.neurips})"
        return (
            f"{found.says}\n\n*From {FROM[found.source]}{where}: {links} ·"
            " {doc}`what is known here </book/paper>`*\n"
        )

    def table(self) -> str:
        """Every item, for the page that says what is known."""
        out = []
        for item in self.item:
            label = f", `{item.label}`" if item.label else ""
            place = item.place or "not filled in"
            out += [f"**{item.name}**{label}", f": {item.says}", ""]
            out += [f"  *From {FROM[item.source]}; place in the paper: {place}.*", ""]
        return "\n".join(out)


def read(book: Path) -> Paper:
    """``paper.toml`` in this folder; :class:`Broken` with one line where it cannot be used."""
    path = book / "paper.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Paper)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Broken(f"book/paper.toml: {error}") from None
