"""Names beside the curves in place of legends: where they hide nothing and belong to one curve.

Every artist of a panel that has a label is named, in the ink of its own colour. The places that
are tried lie along the curve, on all sides of it; the best one covers least of what is drawn, and
is nearer to its own curve than to any other.
"""

import numpy as np
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.container import Container
from matplotlib.patheffects import withStroke

from companion.figures.looks import ink

_GAP = 4.0  # points between a name and its curve
_SIDES = [(0, 1), (-1, 1), (1, 1), (0, -1), (-1, -1), (1, -1), (1, 0), (-1, 0)]


def names(ax, at="line"):
    """Name the curves of a panel: ``at`` their "line", or at the "end", right of the panel."""
    ax.figure.draw_without_rendering()  # only now is it known how large the panel is
    return _names(ax, at)


def _names(ax, at="line"):
    owners, words = ax.get_legend_handles_labels()
    curves = [_finite(_samples(_main(owner))) for owner in owners]
    texts = [_text(ax, word, _colour(owner)) for owner, word in zip(owners, words, strict=True)]
    if at == "end":
        _at_ends(ax, curves, texts)
    else:
        _along(ax, curves, texts)
    for owner in owners:
        owner.set_label("_")  # named
    return texts


def show():
    """Name the curves of every panel that has no legend, and show the figure."""
    figure = plt.gcf()
    figure.draw_without_rendering()
    for ax in figure.axes:
        if ax.get_legend() is None and ax.get_legend_handles_labels()[1]:
            _names(ax)
    plt.show()


def _text(ax, word, colour):
    halo = [withStroke(linewidth=2.5, foreground="white")]
    text = ax.text(0.5, 0.5, word, color=ink(colour), path_effects=halo, zorder=6)
    text.set_in_layout(False)
    return text


def _main(owner):
    return owner[0] if isinstance(owner, Container) and owner[0] is not None else owner


def _colour(owner):
    owner = _main(owner)
    if hasattr(owner, "get_color"):
        return owner.get_color()
    return colors.to_hex(owner.get_facecolor()[0])


def _extent(text):
    box = text.get_window_extent()
    return np.array([box.width, box.height])


def _at_ends(ax, curves, texts):
    box = ax.bbox
    heights = np.array([c[np.argmax(c[:, 0]), 1] for c in curves])
    room = max(_extent(t)[1] for t in texts)
    order = np.argsort(heights)
    placed = np.clip(heights, box.y0 + room / 2, box.y1 - room / 2)[order]
    for k in range(1, len(placed)):
        placed[k] = max(placed[k], placed[k - 1] + room)
    placed = np.minimum(placed, box.y1 - room / 2 - room * np.arange(len(placed))[::-1])
    for text, y in zip(np.array(texts, dtype=object)[order], placed, strict=True):
        text.set(transform=ax.transAxes, ha="left", va="center", in_layout=True)
        text.set_position((1.015, (y - box.y0) / box.height))


def _along(ax, curves, texts):
    sizes = [_extent(text) for text in texts]
    covered = _covered(ax, texts)
    centres = [None] * len(texts)
    for _ in range(2):  # the second time each name knows where all the others are
        for k, curve in enumerate(curves):
            apart = [j for j in range(len(texts)) if j != k]
            others = [(centres[j], sizes[j]) for j in apart if centres[j] is not None]
            rivals = [curves[j] for j in apart]
            centres[k] = _best(ax, curve, sizes[k], covered, rivals, others)
    for text, centre in zip(texts, centres, strict=True):
        text.set(ha="center", va="center", position=ax.transData.inverted().transform(centre))


def _best(ax, curve, size, covered, rivals, others):
    """The centre of the best place for a name of this size, in pixels."""
    gap, half = _GAP * ax.figure.dpi / 72, size / 2
    low, high = ax.bbox.min, ax.bbox.max
    curve = curve[((curve >= low - 1) & (curve <= high + 1)).all(axis=1)]
    if not len(curve):
        curve = ax.bbox.get_points().mean(axis=0, keepdims=True)
    anchors = curve[np.linspace(0, len(curve) - 1, min(len(curve), 40)).astype(int)]
    places = np.concatenate(
        [anchors + np.multiply(side, half + far * gap) for far in (1, 2, 4) for side in _SIDES]
    )
    places = np.clip(places, low + half + 4, np.maximum(low + half + 4, high - half - 4))
    cost = 1.0 * covered(places, half + 1)
    own = _nearest(places, half, curve)
    rival = np.min([_nearest(places, half, c) for c in rivals], axis=0) if rivals else own + 99
    cost += 4 * np.clip(own + 2 * gap - rival, 0, None) / gap + own / gap
    for centre, extent in others:
        cost += 1e4 * (np.abs(places - centre) < half + extent / 2 + 1).all(axis=1)
    cost += 0.5 * (high[0] - places[:, 0]) / ax.bbox.width  # of equals the rightmost
    return places[np.argmin(cost)]


def _nearest(places, half, points):
    """From each box to the nearest of the points, 0 where one lies inside."""
    points = points[:: 1 + len(points) // 80]
    away = np.clip(np.abs(places[:, None] - points) - half, 0, None)
    return np.hypot(away[..., 0], away[..., 1]).min(axis=1)


def _covered(ax, texts):
    """A function: how much of what is drawn lies in each of some boxes, in pixels of line."""
    points = _drawn(ax, texts)
    low, (wide, high) = ax.bbox.min, np.ceil(ax.bbox.size).astype(int)
    cells = np.floor(points - low).astype(int)
    cells = cells[((cells >= 0) & (cells < (wide, high))).all(axis=1)]
    total = np.zeros((wide + 1, high + 1))
    total[cells[:, 0] + 1, cells[:, 1] + 1] = 1
    total = total.cumsum(axis=0).cumsum(axis=1)  # the sum of a box is then four of its entries

    def count(places, half):
        a, b = np.clip(np.rint(places - half - low).astype(int), 0, (wide, high)).T
        c, d = np.clip(np.rint(places + half - low).astype(int), 0, (wide, high)).T
        return total[c, d] - total[a, d] - total[c, b] + total[a, b]

    return count


def _finite(points):
    return points[np.isfinite(points).all(axis=1)]


def _resample(path):
    """Points along a path in pixels, less than one apart."""
    path = np.clip(_finite(path), -1e4, 1e5)
    if len(path) < 2:
        return path
    run = np.r_[0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    at = np.linspace(0, run[-1], min(9000, int(run[-1] / 0.7) + 2))
    return np.stack([np.interp(at, run, v) for v in path.T], axis=1)


def _samples(artist):
    if isinstance(artist, PathCollection):
        return artist.get_offset_transform().transform(artist.get_offsets())
    path = artist.get_path() if hasattr(artist, "get_path") else artist.get_paths()[0]
    corners = artist.get_transform().transform(path.vertices)
    lone = hasattr(artist, "get_linestyle") and artist.get_linestyle() in ("None", "none", " ", "")
    return corners if lone else _resample(corners)


def _drawn(ax, texts):
    """Everything in the panel that a name should not cover, as points in pixels."""
    found = [np.empty((0, 2))]
    for artist in ax.lines:
        found.append(_samples(artist))
        if artist.get_marker() not in ("None", "none", "", None):
            spots = artist.get_transform().transform(artist.get_xydata())
            reach = artist.get_markersize() * ax.figure.dpi / 144
            disc = np.array([(a, b) for a in range(-9, 10) for b in range(-9, 10)]) / 9 * reach
            found.append((spots[:, None] + disc).reshape(-1, 2))
    for artist in ax.collections:
        if isinstance(artist, PathCollection):
            found.append(_samples(artist))
        elif isinstance(artist, LineCollection):
            segments = [s for s in artist.get_segments() if len(s)]  # none where a bar is NaN
            found += [_resample(artist.get_transform().transform(s)) for s in segments]
    for text in ax.texts:
        if text not in texts:
            box = text.get_window_extent()
            grid = np.meshgrid(np.arange(box.x0, box.x1), np.arange(box.y0, box.y1))
            found.append(np.stack(grid, axis=-1).reshape(-1, 2))
    points = np.concatenate(found)
    return _finite(points)
