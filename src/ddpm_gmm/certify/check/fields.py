"""What a certificate's fields must be, and what is said where they are not."""

from math import isfinite


class Rejected(ValueError):
    """The certificate does not prove its statement; the message says why."""


def number(name: str, x) -> float:
    """x as a float, where it is a number that a float holds; neither NaN nor infinity."""
    whole = type(x) is int and abs(x) <= 2**53
    if not whole and not (type(x) is float and isfinite(x)):
        raise Rejected(f"{name}: got {repr(x)[:40]}, must be a finite number that a float holds")
    return float(x)


def exactly(name: str, x, fields) -> None:
    """Raise unless x is a dict with these fields and no other."""
    if not isinstance(x, dict) or set(x) != set(fields):
        got = sorted(map(str, x)) if isinstance(x, dict) else x
        raise Rejected(f"{name}: got {got!r}, must have exactly the fields {sorted(fields)}")


def sizes(statement, *names, least=None) -> None:
    """Raise unless the statement's numbers of these names are positive, or at the least this."""
    for name in names:
        x = number(name, statement[name])
        if x <= 0 if least is None else x < least:
            wanted = "> 0" if least is None else f">= {least}"
            raise Rejected(f"{name}: got {statement[name]!r}, must be {wanted}")


def interval(name: str, x, least=0) -> None:
    """Raise unless x is [low, high] with least <= low <= high."""
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise Rejected(f"{name}: got {x!r}, must be [low, high]")
    low, high = (number(name, end) for end in x)
    if not least <= low <= high:
        raise Rejected(f"{name}: got {x!r}, must be {least} <= low <= high")
