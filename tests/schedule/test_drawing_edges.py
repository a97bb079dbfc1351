"""Pictures of rates: every place and height is where the numbers say."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from lrdiag.schedule.drawing import COLOURS, heights, svg_picture, terminal_picture

SVG = "{http://www.w3.org/2000/svg}"


def arr(*values):
    return np.array(values, float)


def test_heights_are_decades_within_a_common_range():
    logs, low, high = heights([arr(1.0, 0.1), arr(0.01)])
    assert [part.tolist() for part in logs] == [[0.0, -1.0], [-2.0]]
    assert (low, high) == (-2.0, 0.0)


def test_a_rate_of_zero_is_six_decades_below_the_largest():
    logs, low, high = heights([arr(10.0, 0.0)])
    assert logs[0].tolist() == pytest.approx([1.0, -5.0])
    assert (low, high) == pytest.approx((-5.0, 1.0))


@pytest.mark.parametrize("rates", [[arr(0.5, 0.5)], [arr()], []])
def test_a_single_level_still_has_a_range(rates):
    _, low, high = heights(rates)
    assert high - low == pytest.approx(1e-3)


def marks(lines):
    """Row of the mark in each column."""
    body = [line.partition("┤")[2] for line in lines[:-1]]
    wide = max(map(len, body))
    columns = zip(*(b.ljust(wide) for b in body), strict=True)
    return ["".join(c).index("█") for c in columns]


def test_a_terminal_picture_holds_the_last_rate_and_names_its_scale():
    lines = terminal_picture(arr(0, 50, 75), arr(1.0, 0.1, 0.01), width=4, height=5)
    # Columns stand at 0, 25, 50 and 75.
    assert marks(lines) == [0, 0, 2, 4]
    levels = [float(line.split("┤")[0]) for line in lines[:-1]]
    assert levels == pytest.approx([1.0, 10**-0.5, 0.1, 10**-1.5, 0.01], rel=0.01)
    assert lines[-1] == " " * 11 + "0 75"


def test_a_terminal_picture_is_as_wide_and_high_as_asked():
    lines = terminal_picture(arr(10, 20), arr(1.0, 0.5))
    assert len(lines) == 10
    assert max(len(line) for line in lines) == 11 + 64
    assert lines[0].startswith(" 1.00e+00 ┤█") and lines[0].count("█") == 63
    assert lines[8].startswith(" 5.00e-01 ┤") and lines[8].endswith("█")
    assert lines[9] == " " * 11 + "10" + " " * 60 + "20"


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_points_make_no_picture(count):
    assert terminal_picture(np.arange(count, dtype=float), np.ones(count)) == []


def test_two_points_at_one_place_make_a_picture():
    assert marks(terminal_picture(arr(5, 5), arr(1.0, 0.1), width=3, height=3)) == [2, 2, 2]


def svg(*curves, title="Rates", unit="step"):
    return ElementTree.fromstring(svg_picture(curves, title, unit))


def numbers(path):
    return [float(n) for n in re.findall(r"-?[\d.]+", path.get("d"))]


def texts(picture):
    return {t.text: (float(t.get("x")), float(t.get("y")), t.get("text-anchor"))
            for t in picture.iter(f"{SVG}text")}  # fmt: skip


def test_a_curve_runs_from_corner_to_corner_in_steps():
    (path,) = svg(("lr", arr(0, 100), arr(1.0, 0.01))).iter(f"{SVG}path")
    assert path.get("d") == "M70.0 34.0H620.0V240.0"
    (path,) = svg(("lr", arr(100, 150, 200), arr(1.0, 0.1, 0.01))).iter(f"{SVG}path")
    assert path.get("d") == "M70.0 34.0H345.0V137.0H620.0V240.0"
    assert path.get("fill") == "none" and path.get("stroke") == COLOURS[0]


def test_curves_share_their_scales_and_have_colours_dashes_and_a_legend():
    picture = svg(("a", arr(0, 100), arr(1.0, 0.1)), ("b <c>", arr(50, 200), arr(0.1, 0.01)))
    first, second = picture.iter(f"{SVG}path")
    assert numbers(first) == [70, 34, 345, 137]
    assert numbers(second) == [207.5, 137, 620, 240]
    assert (first.get("stroke-dasharray"), second.get("stroke-dasharray")) == (None, "6 3")
    assert (first.get("stroke"), second.get("stroke")) == COLOURS[:2]
    found = texts(picture)
    assert found["a"] == (120, 290, "start") and found["b <c>"] == (120, 314, "start")
    legend = [e for e in picture.iter(f"{SVG}line") if e.get("stroke-width") == "2"]
    assert [(e.get("x1"), e.get("x2"), e.get("y1"), e.get("y2")) for e in legend] == [
        ("70", "110", "286", "286"), ("70", "110", "310", "310"),
    ]  # fmt: skip
    assert [e.get("stroke-dasharray") for e in legend] == [None, "6 3"]
    assert picture.get("viewBox") == "0 0 640 348"


def test_the_scales_are_written_at_five_levels_and_both_ends():
    picture = svg(("lr", arr(0, 90), arr(1.0, 0.01)), unit="epoch")
    found = texts(picture)
    for level, y in (("1", 34), ("0.32", 85.5), ("0.1", 137), ("0.032", 188.5), ("0.01", 240)):
        assert found[level][:2] == pytest.approx((64, y + 4))
        assert found[level][2] == "end"
    assert found["0"] == (70, 260, "middle")
    assert found["90 (epoch)"] == (620, 260, "end")
    assert found["Rates"] == (20, 20, "start")
    grid = [e for e in picture.iter(f"{SVG}line") if e.get("stroke") == "#dddddd"]
    assert [(e.get("x1"), e.get("x2")) for e in grid] == [("70", "620")] * 5
    assert [float(e.get("y1")) for e in grid] == [240, 188.5, 137, 85.5, 34]
    assert all(e.get("y1") == e.get("y2") for e in grid)


def test_more_curves_than_colours_begin_anew_with_other_dashes():
    picture = svg(*((f"c{n}", arr(0, 1), arr(1.0, 0.1)) for n in range(8)))
    strokes = [p.get("stroke") for p in picture.iter(f"{SVG}path")]
    assert strokes == [*COLOURS, *COLOURS[:2]]
    looks = [(p.get("stroke"), p.get("stroke-dasharray")) for p in picture.iter(f"{SVG}path")]
    assert len(set(looks)) == 8
    assert picture.get("height") == str(260 + 24 * 8 + 40)


def test_curves_without_points_are_left_out():
    picture = svg(("none", arr(), arr()), ("lr", arr(0, 1), arr(1.0, 0.1)))
    assert len(list(picture.iter(f"{SVG}path"))) == 1
    assert "none" not in texts(picture)
    assert list(svg().iter(f"{SVG}path")) == []
    assert {"0", "1 (step)"} <= set(texts(svg()))


def test_characters_that_xml_forbids_are_replaced():
    picture = svg(("a\x1b[31m&", arr(0, 1), arr(1.0, 0.1)), title="t\x00")
    assert "a\ufffd[31m&" in texts(picture)
    assert picture.find(f"{SVG}title").text == "t\ufffd"


@pytest.mark.parametrize(("count", "whole"), [(800, True), (801, False), (20_000, False)])
def test_a_long_curve_is_thinned_but_every_turn_is_kept(count, whole):
    rate = np.ones(count)
    rate[count // 2 :] = 0.5
    rate[count // 2 + 7 :] = 0.25
    (path,) = svg(("lr", np.arange(count, dtype=float), rate)).iter(f"{SVG}path")
    drawn = path.get("d").count("H") + 1
    assert drawn == count if whole else drawn <= 810
    xs = [float(x) for x in re.findall(r"H([\d.]+)", path.get("d"))]
    for turn in (count // 2, count // 2 + 7):
        assert min(abs(x - (70 + 550 * turn / (count - 1))) for x in xs) < 0.051
    assert xs[-1] == 620.0


def test_a_curve_that_turns_everywhere_is_thinned_all_the_same():
    rate = np.where(np.arange(20_000) % 2, 1.0, 0.5)
    (path,) = svg(("lr", np.arange(20_000.0), rate)).iter(f"{SVG}path")
    assert 700 <= path.get("d").count("H") <= 1000
