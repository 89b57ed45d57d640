"""How to draw a figure here: plain functions over matplotlib's axes.

A figure cell draws arrays that the cell before it has computed. Its caption and its alternative
text stand in the cell's metadata, where the book reads them::

    "mystnb": {"figure": {"name": "fig-lemma-08-orders", "caption": "..."}, "image": {"alt": "..."}}

A whole figure cell::

    fig, (left, right) = figures.panels(1, 2, height=3.4)
    figures.line(left, d, law, "exact", "derived")             # a curve and its name
    figures.errors(left, d, steps, "DDPM", "descent")          # (seeds, d): mean, 99 % t-interval
    figures.frame(left, "dimension $d$", "steps", log="x", xticks=d)
    figures.band(right, h, figures.quantiles(angle), "EM", "EM")  # median, nine seeds in ten
    figures.level(right, floor, "floor", "bound")
    figures.frame(right, "step $h$", "angle", "on samples", ylim=(0, 90))
    figures.show()                                             # writes the names beside the curves

**Colour has a meaning**, the same in every chapter: ``"exact"``, ``"measured"``, ``"wrong"`` (a
control), ``"bound"``, ``"reference"``, ``"DDPM"`` (a gradient step), ``"literal"``, ``"EM"``,
``"likelihood"``, ``"power"`` (power iteration), ``"other"``; the table is ``figures.LOOKS``. A
family of curves takes ``figures.series(n)``, or ``figures.shades(n)`` where its members have an
order. Each look has a dash and a marker of its own: the figure must make sense in grey.

**What is drawn** into a panel::

    figures.line(ax, x, y, "exact", "its name", ls="--")       # any word of ax.plot as well
    figures.dots(ax, x, y, "EM", hollow=True)
    figures.errors(ax, x, figures.rate(wins, tries), "EM")     # Clopper-Pearson, 99 %
    figures.errors(ax, rows, figures.mean(values, axis=1, errors=2), along="x")  # bars laid down
    figures.errors(ax, x, figures.around(middle, half))        # bars that are known otherwise
    figures.errors(ax, x, figures.root(figures.mean(e**2)))    # a root-mean-square error
    figures.slope(ax, n, -1 / 2, (n[0], error[0]), "slope $-1/2$")
    figures.strip(ax, 0.1, 0.4)                                # shaded, behind everything
    figures.note(ax, 0.2, 3.0, "words", "EM")                  # dark enough to be read
    figures.point(ax, (x, y), "words", (0.9, 2.6))             # words with a thin line to a point

**Axes** take ticks at the data's own values and nowhere else (``xticks=sizes``, or ``{words:
value}``); powers of two below one are written 1/4, large powers of ten as powers. A logarithmic
axis without ticks of its own gets powers of ten, or 1, 2 and 5. ``figures.frame`` takes several
panels at once, with a title each; ``figures.panels(2, 2, x=..., y=...)`` labels them all together.

**Names** stand beside their curves, in place of a legend: ``figures.show()`` puts them where they
hide least, ``figures.names(ax, "end")`` right of the panel, at the curves' ends. A legend that the
cell makes itself is left alone.
"""

from companion.figures.draw import (
    arrow,
    band,
    dots,
    errors,
    level,
    line,
    note,
    point,
    slope,
    strip,
)
from companion.figures.frame import frame, plain
from companion.figures.looks import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LOOKS,
    ORANGE,
    PALE,
    PURPLE,
    RED,
    SKY,
    Look,
    ink,
    look,
    series,
    shades,
)
from companion.figures.names import names, show
from companion.figures.spreads import around, mean, quantiles, rate, root
from companion.figures.style import WIDTH, panels, use

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "LOOKS",
    "ORANGE",
    "PALE",
    "PURPLE",
    "RED",
    "SKY",
    "WIDTH",
    "Look",
    "around",
    "arrow",
    "band",
    "dots",
    "errors",
    "frame",
    "ink",
    "level",
    "line",
    "look",
    "mean",
    "names",
    "note",
    "panels",
    "plain",
    "point",
    "quantiles",
    "rate",
    "root",
    "series",
    "shades",
    "show",
    "slope",
    "strip",
    "use",
]
