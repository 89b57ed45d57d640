"""What is drawn into one panel: lines, points, error bars, bands, levels, slopes, notes."""

import numpy as np

from companion.figures.looks import BLACK, PALE, ink, look
from companion.figures.spreads import mean


def line(ax, x, y, what="exact", label=None, **more):
    """Draw a line in the look of its meaning; ``more`` goes to ``ax.plot``."""
    seen = look(what)
    return ax.plot(x, y, label=label, **{"color": seen.colour, "ls": seen.dash} | more)


def dots(ax, x, y, what="measured", label=None, *, hollow=False, join=False, **more):
    """Points without error bars; ``hollow`` leaves them white, ``join`` draws a line through."""
    seen = look(what)
    style = {"color": seen.colour, "marker": seen.marker} | _body(seen, hollow, join)
    return ax.plot(x, y, label=label, **style | more)


def errors(
    ax, x, spread, what="measured", label=None, *, along="y", hollow=False, join=False, **more
):
    """Points with error bars from (middle, low, high), as :func:`mean` or :func:`rate` give it.

    ``along="x"`` lays the bars down, with ``x`` as the height: a chart with a row for each name.
    The three come as a tuple; an array in its place is one value per seed along its first axis.
    """
    middle, low, high = _spread(spread)
    seen = look(what)
    bars = np.clip(np.stack(np.broadcast_arrays(middle - low, high - middle)), 0, None)
    if bars.ndim == 1:
        bars = bars[:, None]
    style = {"color": seen.colour, "marker": seen.marker, "capsize": 2.5, "elinewidth": 1.2}
    style |= _body(seen, hollow, join) | more
    if along == "x":
        return ax.errorbar(middle, x, xerr=bars, label=label, **style)
    return ax.errorbar(x, middle, yerr=bars, label=label, **style)


def band(ax, x, spread, what="measured", label=None, **more):
    """A line through the middle in a band from low to high; (middle, low, high) or seeds."""
    middle, low, high = _spread(spread)
    seen = look(what)
    ax.fill_between(x, low, high, color=more.get("color", seen.colour), alpha=0.2, lw=0)
    return line(ax, x, middle, seen, label, **more)


def level(ax, y=None, label=None, what="reference", *, x=None, **more):
    """A line across the panel at height ``y``, or upright at ``x``: a bound, a limit, a guide."""
    seen = look(what)
    style = {"color": seen.colour, "ls": seen.dash, "lw": 1.3, "label": label} | more
    return ax.axhline(y, **style) if x is None else ax.axvline(x, **style)


def slope(ax, x, power, through, label=None, what="reference", **more):
    """The power law ``x ** power`` through one point, between the least and the largest ``x``."""
    ends = np.array([np.min(x), np.max(x)], dtype=float)
    at, height = through
    return line(ax, ends, height * (ends / at) ** power, what, label, **{"lw": 1.2} | more)


def strip(ax, low, high, *, along="x", colour=PALE, **more):
    """Shade the panel from ``low`` to ``high``, behind everything else."""
    span = ax.axvspan if along == "x" else ax.axhspan
    return span(low, high, **{"color": colour, "lw": 0, "zorder": 0} | more)


def note(ax, x, y, text, what=None, **more):
    """Words at a place of the panel, in the ink of their meaning; ``more`` goes to ``ax.text``."""
    colour = BLACK if what is None else look(what).colour
    return ax.text(x, y, text, **{"color": ink(colour)} | more)


def point(ax, xy, text, at, what=None):
    """Words at ``at`` with a thin line to the point ``xy``."""
    colour = ink(BLACK if what is None else look(what).colour)
    thin = dict(arrowstyle="-", color=colour, lw=0.8)
    return ax.annotate(text, xy, at, color=colour, arrowprops=thin)


def arrow(ax, tail, head, colour=BLACK, **more):
    """An arrow from ``tail`` to ``head``."""
    return ax.annotate("", head, tail, arrowprops=dict(arrowstyle="->", color=colour, **more))


def _spread(spread):
    return map(np.asarray, spread) if isinstance(spread, tuple) else mean(spread)


def _body(seen, hollow, join):
    return {"ls": seen.dash if join else "none"} | ({"mfc": "white"} if hollow else {})
