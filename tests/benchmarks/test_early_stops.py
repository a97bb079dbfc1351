"""The benchmark of early stops: who counts as ended, when, and by what."""

from benchmarks.accuracy.corpus import truth_of
from benchmarks.early_stops import Stop, table


def truth(*labels, ignore=()):
    return truth_of({"run_id": "r", "labels": list(labels), "ignore": list(ignore)}, "corpus")


def row(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_healthy_and_failing_runs_are_counted_apart():
    found = [
        Stop(truth("healthy"), None),
        Stop(truth("healthy"), 0.4, ("overfitting",)),
        Stop(truth("nan_divergence"), 0.2, ("nan-divergence",)),
        Stop(truth("overfitting"), 0.6, ("lr-too-high",)),
        Stop(truth("plateau_after_drop"), None),
    ]
    text = table(found)
    assert row(text, "healthy")[1:3] == ["2", "1 (50%; 1% to 99%)"]
    assert row(text, "nan divergence")[3:] == ["20%", "1"]
    assert row(text, "overfitting")[3:] == ["60%", "0"]
    assert row(text, "any of these labels")[1] == "2"
    assert row(text, "only other labels")[2].startswith("0 (0%")


def test_a_label_that_was_left_open_is_as_good_as_a_true_one():
    assert Stop(truth("drop_too_late", ignore=["overfitting"]), 0.5, ("overfitting",)).named
