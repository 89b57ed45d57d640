"""What a message says of a word that is none: which are, and which of them may be meant."""

import difflib
from collections.abc import Iterable
from typing import Literal, get_args, get_origin

import msgspec

KINDS = {int: "a whole number", float | None: "a number", str: "text"}


def perhaps(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest, as ", perhaps lemma-10.turn"; nothing where none is near."""
    return "".join(f", perhaps {near}" for near in difflib.get_close_matches(word, known, 1))


def one_of(word, known: Iterable[str]) -> str:
    """All that it may be, with the nearest."""
    known = list(known)
    return f"must be one of {', '.join(known)}{perhaps(str(word), known)}"


def faults(table, kind: type[msgspec.Struct], required: Iterable[str]) -> list[str]:
    """What is wrong with a table that should be of this kind; each line names the key.

    Parameters
    ----------
    required : the keys that must be there, some of them as "low or high"
    """
    if not isinstance(table, dict):
        return [f"got {table!r:.40}, must be a table"]
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    missing = [keys for keys in required if not {*keys.split(" or ")} & table.keys()]
    found = [f"must have {', '.join(missing)}"] if missing else []
    for key, value in table.items():
        if key not in types:
            found.append(f"{key}: is no key, {one_of(key, types)}")
            continue
        try:
            msgspec.convert(value, types[key])
        except msgspec.ValidationError:
            literal = get_origin(types[key]) is Literal
            must = (
                one_of(value, get_args(types[key])) if literal else f"must be {KINDS[types[key]]}"
            )
            found.append(f"{key}: got {value!r:.40}, {must}")
    return found
