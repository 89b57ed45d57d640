"""The frame of a panel: ticks where the data are, labels in plain words."""

import math

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator


def frame(ax, x=None, y=None, title=None, *, log="", xticks=None, yticks=None, **more):
    """Label a panel, or several at once, and choose scales and ticks. Call it after drawing.

    Parameters
    ----------
    ax : axes, or several
        Of several the first gets ``y``, and each gets its own of the titles.
    x, y, title : str, optional
        What stands at the axes and above the panel.
    log : str
        The axes that are logarithmic: "", "x", "y" or "xy". Their ticks are powers of ten, or 1, 2
        and 5 where fewer than two powers are in sight.
    xticks, yticks : sequence of numbers or dict, optional
        Ticks at these values and nowhere else, or at the values of {words: value}.
    **more
        Passed to ``ax.set``: limits, aspect.
    """
    several = np.ravel(ax)
    titles = [title] * len(several) if title is None or isinstance(title, str) else title
    for k, (one, words) in enumerate(zip(several, titles, strict=True)):
        _frame(one, x, None if k else y, words, log, xticks, yticks, dict(more))


def _frame(ax, x, y, title, log, xticks, yticks, more):
    for name, words in (("xlabel", x), ("ylabel", y), ("title", title)):
        if words is not None:
            more[name] = words
    ax.set(**{f"{letter}scale": "log" for letter in log})  # first: limits mean another thing after
    ax.set(**more)
    for letter, values in (("x", xticks), ("y", yticks)):
        axis = getattr(ax, f"{letter}axis")
        if values is not None:
            _ticks(axis, values)
        elif letter in log:
            _decades(axis)


def _ticks(axis, values):
    names = list(values) if isinstance(values, dict) else plain(values)
    axis.set_ticks(list(values.values()) if isinstance(values, dict) else list(values), names)
    axis.set_minor_locator(NullLocator())


def _decades(axis):
    low, high = sorted(axis.get_view_interval())
    few = low > 0 and math.log10(high / low) < 2
    most = 5 if axis.axis_name == "x" else 8  # words lie side by side below, one above another left
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=most))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value, halves=False)))
    axis.set_minor_formatter(NullFormatter())


def plain(values) -> list[str]:
    """Numbers in the plainest words: 1/4 among powers of two, 0.05, 20, a power of ten as one."""
    halves = any(0 < v < 1 for v in values) and all(
        float(v).is_integer() or (0 < v < 1 and math.log2(v).is_integer()) for v in values
    )
    return [_plain(float(v), halves) for v in values]


def _plain(value, halves):
    if halves and 0 < value < 1:
        return f"1/{round(1 / value)}"
    power = math.log10(abs(value)) if value else 0.0
    if abs(power) > 3.5 and abs(power - round(power)) < 1e-9:
        return f"${'-' if value < 0 else ''}10^{{{round(power)}}}$"
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
