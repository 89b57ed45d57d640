"""One style for every figure: sizes, letters, SVG; and panels in the book's width."""

import matplotlib as mpl
import matplotlib.pyplot as plt

from companion.figures.looks import series

WIDTH = 6.6  # inches; in print and on a screen the letters are then as large as the text around
LETTERS = 11.5  # points; on a phone, 350 pixels wide, this is 8.5 pixels high

_STYLE = {
    "figure.figsize": (WIDTH, 3.8),
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "font.size": LETTERS,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",  # formulas in the letters of the words beside them
    "axes.titlesize": LETTERS,
    "figure.labelsize": LETTERS,
    "axes.titlelocation": "left",
    "axes.labelsize": LETTERS,
    "xtick.labelsize": LETTERS - 0.5,
    "ytick.labelsize": LETTERS - 0.5,
    "legend.fontsize": LETTERS - 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=[look.colour for look in series(6)]),
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "svg.hashsalt": "ddpm-gmm",  # the same figure gives the same file
}


def use() -> None:
    """Switch the style on; in a notebook, figures then come out as SVG."""
    mpl.rcdefaults()  # a reader's own matplotlibrc shall not change the book
    plt.rcParams.update(_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})
    except (ImportError, AttributeError):  # a plain script has no inline backend to tell
        pass


def panels(rows=1, columns=1, height=3.4, *, x=None, y=None, **kwargs):
    """Figure and axes in the book's width.

    Parameters
    ----------
    rows, columns : int
        How many panels.
    height : float
        Inches for each row.
    x, y : str, optional
        What stands below and beside all the panels together.
    **kwargs
        Passed to ``plt.subplots``: sharex, sharey, width_ratios.
    """
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height * rows), **kwargs)
    if x is not None:
        figure.supxlabel(x)
    if y is not None:
        figure.supylabel(y)
    return figure, axes
