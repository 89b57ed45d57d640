"""One style for every figure: sizes, a palette that colour-blind readers can tell apart, SVG.

The palette is Okabe and Ito's. Every figure must make sense in grey as well: use line styles and
direct labels beside colour.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#6b6b6b",
)
WIDTH = 7.2  # inches, the book's column

_STYLE = {
    "figure.figsize": (WIDTH, 4.0),
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "font.size": 10.5,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "cm",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "svg.hashsalt": "ddpm-gmm",  # the same figure gives the same file
}


def use() -> None:
    """Switch the style on; in a notebook, figures then come out as SVG."""
    plt.rcParams.update(_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})
    except (ImportError, AttributeError):  # a plain script has no inline backend to tell
        pass


def panels(rows=1, columns=1, height=3.4, **kwargs):
    """Figure and axes in the book's width; ``height`` is per row, in inches."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height * rows), **kwargs)
