"""companion.figures: what is drawn is what the arrays say, and what is written can be read."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from companion import figures
from companion.figures.looks import luminance


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        mpl.use("Agg")
        figures.use()
        yield
        plt.close("all")


@pytest.fixture
def ax():
    return figures.panels()[1]


RNG = np.random.default_rng(0)


# -- spreads --------------------------------------------------------------------------------------
def test_the_mean_has_the_t_interval_of_scipy():
    values = RNG.standard_normal((9, 3))
    middle, low, high = figures.mean(values)
    for k in range(3):
        known = stats.ttest_1samp(values[:, k], 0).confidence_interval(0.99)
        assert np.allclose((low[k], high[k]), known) and middle[k] == values[:, k].mean()


def test_the_mean_goes_over_the_axis_that_is_named_and_counts_standard_errors():
    values = RNG.standard_normal((3, 9))
    middle, low, high = figures.mean(values, axis=1, errors=2)
    assert np.allclose(high - low, 4 * stats.sem(values, axis=1))
    assert np.allclose(middle, values.mean(axis=1))


def test_one_seed_has_no_spread():
    with pytest.raises(ValueError, match="got 1 seed, must be at least 2"):
        figures.mean(np.ones((1, 4)))


def test_quantiles_hold_the_share_that_is_named():
    values = RNG.standard_normal(10_000)
    middle, low, high = figures.quantiles(values, level=0.8)
    assert np.mean((values > low) & (values < high)) == pytest.approx(0.8, abs=1e-3)
    assert middle == np.median(values)


def test_the_root_of_a_spread_is_taken_of_all_three():
    assert np.allclose(figures.root((4.0, -1.0, 9.0)), (2, 0, 3))


def test_a_rate_has_the_interval_of_clopper_and_pearson():
    wins = np.array([0, 1, 13, 20])
    middle, low, high = figures.rate(wins, 20)
    for k, w in enumerate(wins):
        known = stats.binomtest(int(w), 20).proportion_ci(0.99)
        assert np.allclose((low[k], high[k]), known) and middle[k] == w / 20


# -- what is drawn --------------------------------------------------------------------------------
def ends_of_bars(container):
    return np.array([segment[:, 1] for segment in container[2][0].get_segments()])


def test_error_bars_reach_from_low_to_high(ax):
    spread = np.array([1.0, 2.0]), np.array([0.5, 1.9]), np.array([4.0, 2.2])
    drawn = figures.errors(ax, [1, 2], spread, "EM")
    assert np.allclose(ends_of_bars(drawn), [(0.5, 4.0), (1.9, 2.2)])
    assert np.allclose(drawn[0].get_ydata(), (1, 2))


def test_error_bars_of_an_array_are_its_mean_over_the_seeds(ax):
    values = RNG.standard_normal((7, 2))
    drawn = figures.errors(ax, [1, 2], values)
    assert np.allclose(ends_of_bars(drawn).T, figures.mean(values)[1:])


def test_error_bars_lie_down(ax):
    drawn = figures.errors(ax, 3, figures.around(0.5, 0.2), along="x")
    (segment,) = drawn[2][0].get_segments()
    assert np.allclose(segment, [(0.3, 3), (0.7, 3)])


def test_a_band_reaches_from_low_to_high_with_the_middle_in_it(ax):
    paths = RNG.standard_normal((50, 4))
    middle, low, high = figures.quantiles(paths)
    (line,) = figures.band(ax, np.arange(4), (middle, low, high), "measured")
    (fill,) = ax.collections
    corners = fill.get_paths()[0].vertices
    assert np.allclose(line.get_ydata(), middle)
    assert {*low} | {*high} <= {*corners[:, 1]}


def test_a_slope_is_the_power_through_its_point(ax):
    (line,) = figures.slope(ax, [10, 1000], -0.5, (10, 3.0), "slope")
    (x0, x1), (y0, y1) = line.get_data()
    assert (x0, x1, y0) == (10, 1000, 3.0) and y1 == pytest.approx(0.3)


def test_a_level_and_a_strip_lie_where_they_should(ax):
    flat, upright = figures.level(ax, 0.3), figures.level(ax, x=2.0, what="bound")
    assert {*flat.get_ydata()} == {0.3} and {*upright.get_xdata()} == {2.0}
    strip = figures.strip(ax, 0.1, 0.4)
    assert (strip.get_x(), strip.get_width()) == pytest.approx((0.1, 0.3))
    assert strip.get_zorder() < flat.get_zorder()


def test_the_callers_words_win_over_the_look(ax):
    (line,) = figures.line(ax, [0, 1], [0, 1], "EM", ls="--", lw=3)
    assert line.get_linestyle() == "--" and line.get_linewidth() == 3
    assert line.get_color() == figures.GREEN
    (points,) = figures.dots(ax, [0, 1], [0, 1], "EM", hollow=True)
    assert points.get_markerfacecolor() == "white"


# -- axes -----------------------------------------------------------------------------------------
def ticks(axis):
    axis.axes.figure.draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    shown = [(t.get_loc(), t.label1.get_text()) for t in axis.get_major_ticks()]
    return {word: place for place, word in shown if low <= place <= high}


def test_ticks_stand_at_the_data_and_nowhere_else(ax):
    figures.dots(ax, [320, 640, 1280], [0.1, 0.2, 0.3])
    figures.frame(ax, "n", "error", "title", log="xy", xticks=(320, 640, 1280), yticks={"low": 0.2})
    assert ticks(ax.xaxis) == {"320": 320, "640": 640, "1280": 1280}
    assert ticks(ax.yaxis) == {"low": 0.2}
    assert len(ax.xaxis.get_minor_ticks()) == 0
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "n")


def test_several_panels_are_framed_at_once():
    fig, axes = figures.panels(1, 3, x="below all", y="beside all")
    figures.frame(axes, "x", "y", ("a", "b", "c"), log="x", ylim=(0, 2))
    assert [ax.get_title(loc="left") for ax in axes] == ["a", "b", "c"]
    assert [ax.get_ylabel() for ax in axes] == ["y", "", ""]
    assert {ax.get_xlabel() for ax in axes} == {"x"} and {ax.get_ylim() for ax in axes} == {(0, 2)}
    assert (fig.get_supxlabel(), fig.get_supylabel()) == ("below all", "beside all")


def test_a_logarithmic_axis_has_powers_of_ten_or_one_two_five(ax):
    figures.line(ax, [1, 30], [1e-6, 100.0])
    figures.frame(ax, log="xy", xlim=(1, 30), ylim=(1e-6, 100))
    assert ticks(ax.xaxis) == {"1": 1, "2": 2, "5": 5, "10": 10, "20": 20}
    found = ticks(ax.yaxis)
    assert all(np.isclose(np.log10(place) % 1, 0) for place in found.values()) and len(found) >= 4
    assert np.isclose(found["$10^{-6}$"], 1e-6)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.25, 0.5, 1, 2), ["1/4", "1/2", "1", "2"]),
        ((0.1, 0.5, 1), ["0.1", "0.5", "1"]),
        ((0, 0.5, 1), ["0", "1/2", "1"]),
        ((0, 0.5, 1.5), ["0", "0.5", "1.5"]),
        ((100, 1000, 1e4, 1e6), ["100", "1000", "$10^{4}$", "$10^{6}$"]),
        ((1e-4, 20, -3), ["$10^{-4}$", "20", "\N{MINUS SIGN}3"]),
    ],
)
def test_numbers_are_written_plainly(values, words):
    assert figures.plain(values) == words


# -- colours --------------------------------------------------------------------------------------
def test_every_look_of_the_table_can_be_told_apart_in_grey():
    for (_, a), (_, b) in itertools.combinations(figures.LOOKS.items(), 2):
        lighter = abs(luminance(a.colour) - luminance(b.colour)) > 0.1
        assert a.marker != b.marker or {a, b} <= {
            figures.look("measured"),
            figures.look("DDPM"),
        }
        assert lighter or a.dash != b.dash or a == b


def test_the_looks_of_a_series_differ_in_dash_and_marker():
    looks = figures.series(6)
    assert len({str(x.dash) for x in looks}) == len({x.marker for x in looks}) == 6


def test_shades_go_from_light_to_dark():
    light = [luminance(x.colour) for x in figures.shades(5)]
    assert all(np.diff(light) < -0.02)


def test_ink_can_be_read_on_white_and_keeps_dark_colours():
    for seen in figures.LOOKS.values():
        assert 1.05 / (luminance(figures.ink(seen.colour)) + 0.05) >= 4.5
    assert figures.ink(figures.BLUE).lower() == figures.BLUE.lower()
    assert figures.ink(figures.ORANGE) != figures.ORANGE


def test_an_unknown_meaning_names_those_there_are(ax):
    with pytest.raises(ValueError, match="'em', must be a Look or one of exact, measured"):
        figures.line(ax, [0, 1], [0, 1], "em")
    with pytest.raises(ValueError, match="got 9, must be from 1 to 6"):
        figures.series(9)


# -- names ----------------------------------------------------------------------------------------
def boxes(texts):
    return [t.get_window_extent() for t in texts]


def crowd(ax):
    x = np.linspace(0, 6, 80)
    for k, seen in enumerate(figures.series(5)):
        figures.line(ax, x, np.exp(-x / (k + 1)), seen, f"curve {k}")
    figures.errors(ax, x[::16], RNG.normal(0.5, 0.1, (9, 5)), "measured", "points")


@pytest.mark.parametrize("at", ["line", "end"])
def test_names_do_not_overlap(ax, at):
    crowd(ax)
    found = boxes(figures.names(ax, at))
    assert len(found) == 6
    assert not any(a.overlaps(b) for a, b in itertools.combinations(found, 2))


def test_names_stand_in_the_panel_and_nearest_to_their_own_curve(ax):
    x = np.linspace(0, 1, 50)
    looks = figures.series(3)
    for k, seen in enumerate(looks):
        figures.line(ax, x, k + x, seen, str(k))
    for k, text in enumerate(figures.names(ax)):
        box = text.get_window_extent()
        assert ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
        at, height = text.get_position()
        assert np.argmin([abs(height - j - at) for j in range(3)]) == k
        assert text.get_color() == figures.ink(looks[k].colour)


def test_names_cover_no_line(ax):
    x = np.linspace(0, 1, 50)
    lines = [figures.line(ax, x, k + np.sin(6 * x) / 4, "EM", f"name {k}")[0] for k in range(3)]
    for text in figures.names(ax):
        box = text.get_window_extent()
        for line in lines:
            assert not any(box.contains(*p) for p in ax.transData.transform(line.get_xydata()))


def test_a_curve_with_a_gap_is_named_beside_what_there_is_of_it(ax):
    figures.errors(ax, [1, 2, 3], figures.around([1, 2, np.nan], [0.1, np.nan, 0.1]), "EM", "gap")
    figures.line(ax, [1, 3], [0, 0], "exact", "flat")
    for text in figures.names(ax):
        assert np.isfinite(text.get_position()).all()


def test_names_at_the_ends_are_in_the_order_of_the_curves(ax):
    for k in (2, 0, 1):
        figures.line(ax, [0, 1], [0, 1e-3 * k], "EM", str(k))
    heights = {t.get_text(): t.get_window_extent().y0 for t in figures.names(ax, "end")}
    assert sorted(heights, key=heights.get) == ["0", "1", "2"]


def test_show_names_every_panel_but_one_with_a_legend():
    _, (left, right) = figures.panels(1, 2)
    figures.line(left, [0, 1], [0, 1], "EM", "named")
    figures.line(right, [0, 1], [0, 1], "EM", "in the legend")
    right.legend()
    figures.show()
    assert [t.get_text() for t in left.texts] == ["named"] and not right.texts


def test_a_readers_matplotlibrc_does_not_change_the_figures():
    plt.rcParams["lines.dashed_pattern"] = (9, 9)
    figures.use()
    assert plt.rcParams["lines.dashed_pattern"] == mpl.rcParamsDefault["lines.dashed_pattern"]


def test_letters_can_be_read_on_a_phone():
    """350 pixels are a phone's column; 72 points are an inch."""
    smallest = min(plt.rcParams[f"{a}tick.labelsize"] for a in "xy")
    assert smallest * 350 / (72 * figures.WIDTH) > 8
