"""Colours by meaning: one table; and looks for families of curves without a meaning of their own.

The colours are Okabe and Ito's, which colour-blind readers can tell apart. No two looks of the
table share dash and marker, so a figure makes sense in grey as well.
"""

from typing import NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)
BLACK, GREY, PALE = "#000000", "#6b6b6b", "#e9e9e9"
ON_WHITE = 4.5  # the contrast that text needs against its ground


class Look(NamedTuple):
    """What a curve and its points look like."""

    colour: str
    dash: str | tuple = "-"
    marker: str = "o"


LOOKS = {
    "exact": Look(BLACK, "-", "+"),  # the theory, where it has no method's colour
    "measured": Look(BLUE, "-", "o"),
    "wrong": Look(RED, "--", "X"),  # controls, and what goes wrong
    "bound": Look(GREY, (0, (8, 3)), "_"),
    "reference": Look(GREY, ":", "."),  # guides, levels, the faint rest
    "DDPM": Look(BLUE, "-", "o"),  # a gradient step, the implicit form
    "literal": Look(RED, (0, (5, 1)), "v"),  # the form with drawn noise
    "EM": Look(GREEN, "-.", "d"),
    "likelihood": Look(PURPLE, (0, (3, 1, 1, 1, 1, 1)), "*"),
    "power": Look(ORANGE, "--", "s"),  # power iteration, the top eigenvector
    "other": Look(SKY, (0, (1, 1)), "^"),  # a peer of the others
}
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))
_SERIES = [
    Look(*look)
    for look in zip((BLUE, ORANGE, GREEN, RED, PURPLE, SKY), _DASHES, "os^Dvd", strict=True)
]
_BLUES = LinearSegmentedColormap.from_list("blues", ("#7fb4d9", BLUE, "#08243d"))


def look(what: str | Look) -> Look:
    """The look of a meaning ("EM"); a look is passed through."""
    if isinstance(what, Look):
        return what
    if what not in LOOKS:
        raise ValueError(f"look: got {what!r}, must be a Look or one of {', '.join(LOOKS)}")
    return LOOKS[what]


def series(count: int) -> list[Look]:
    """Looks for ``count`` curves that are told apart by a parameter; different in grey too."""
    if not 1 <= count <= len(_SERIES):
        raise ValueError(f"count: got {count}, must be from 1 to {len(_SERIES)}: split the figure")
    return _SERIES[:count]


def shades(count: int) -> list[Look]:
    """Looks for ``count`` curves in order, from light to dark; all solid."""
    tones = [to_hex(_BLUES(v)) for v in np.linspace(0, 1, count)]
    return [Look(tone, "-", "os^Dvd*"[k % 7]) for k, tone in enumerate(tones)]


def luminance(colour) -> float:
    """Relative luminance, 0 (black) to 1 (white): how light a colour is in grey."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def ink(colour) -> str:
    """The colour, darkened as far as text on white needs it to be read."""
    rgb = np.array(to_rgb(colour))
    while 1.05 / (luminance(rgb) + 0.05) < ON_WHITE:
        rgb = rgb * 0.97
    return to_hex(rgb)
