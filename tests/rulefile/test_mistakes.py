"""How a mistake is shown."""

from __future__ import annotations

from lrdiag.rulefile.mistakes import InvalidRuleFileError, Mistake, did_you_mean


def test_place_line_and_caret():
    mistake = Mistake("r.yml", 5, 5, "unknown key 'severitx'", "did you mean 'severity'?",
                      "    severitx: error", 8)  # fmt: skip
    assert mistake.render() == (
        "r.yml:5:5: unknown key 'severitx' (did you mean 'severity'?)\n"
        "    5 |     severitx: error\n"
        "      |     ^^^^^^^^"
    )


def test_a_mistake_of_the_whole_file_has_no_line():
    assert Mistake("r.yml", 0, 0, "no such file").render() == "r.yml: no such file"


def test_a_long_line_is_shown_around_the_caret():
    mistake = Mistake("r.yml", 1, 500, "wrong", "", "x" * 499 + "HERE" + "y" * 500, 4)
    lines = mistake.render().split("\n")
    assert all(len(line) < 120 for line in lines)
    at = lines[2].index("^")
    assert lines[1][at : at + 4] == "HERE"


def test_all_mistakes_in_order_of_place():
    error = InvalidRuleFileError([Mistake("b", 2, 1, "two"), Mistake("a", 9, 1, "one")])
    assert str(error) == "invalid rule file, 2 mistakes:\na:9:1: one\nb:2:1: two"


def test_a_flood_is_cut():
    error = InvalidRuleFileError(Mistake("a", i, 1, "m") for i in range(1, 200))
    assert str(error).endswith("… and 149 more.")


def test_did_you_mean():
    assert did_you_mean("severitx", ["severity", "scope"]) == "did you mean 'severity'?"
    assert did_you_mean("zzz", ["a", "b"]) == "known: a, b"
    assert did_you_mean("zzz", [f"name{i}" for i in range(50)]) == ""
