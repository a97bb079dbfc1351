"""What is wrong with a training, by reruns without the suspected fault.

The rules and thresholds follow the description of the shared corpus; what lies between material and
clearly immaterial (see `comparison`) is left open (`ignored`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.trainings.comparison import MATERIAL_SIGMAS, Panel
from benchmarks.trainings.plans import Planned

OVERFIT, OVERFIT_OPEN = 0.10, 0.04
RISE, RISE_OVER_RERUN, RISE_OPEN = 0.10, 0.08, 0.03
WOBBLE, WOBBLE_OPEN, WOBBLE_RATIO = 0.05, 0.03, 3.0
RECALL_BAD, RECALL_OPEN, ACCURACY_HIGH = 0.5, 0.7, 0.93
RATE_FAMILY = frozenset(
    {"lr_too_low", "lr_too_high", "drop_too_early", "drop_too_late", "plateau_after_drop"}
)
AFTER_DROP = frozenset({"post_drop_divergence", "post_drop_oscillation"})


@dataclass
class Labels:
    """Labels found so far, labels left open, and the numbers behind them."""

    found: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    evidence: dict[str, Any] = field(default_factory=dict)


def judge(plan: Planned, panel: Panel, about: dict[str, Any], kind: str) -> Labels:
    """All labels of a run."""
    labels = Labels()
    broken = not np.isfinite(panel.raw["train_loss"][0, 0]).all()
    if broken:
        labels.found.add("nan_divergence")
        labels.open |= RATE_FAMILY | AFTER_DROP | {"overfitting"}
        return labels
    overfitting(panel, labels)
    if plan.bug:
        labels.found.add(plan.bug)
        labels.open |= RATE_FAMILY | AFTER_DROP
    elif plan.change is not None:
        divergence(panel, plan.change, labels)
        labels.open |= RATE_FAMILY | {"post_drop_oscillation"}
    elif kind in ("leaked", "random labels"):
        by_construction(panel, kind, labels)
    elif plan.reruns:
        rate(panel, labels)
        timing(panel, labels)
        useless(panel, plan, labels)
        wobble(panel, plan, labels)
    if kind == "imbalanced":
        paradox(panel, labels)
    attribute(plan, labels)
    labels.open -= labels.found
    return labels


def overfitting(panel: Panel, labels: Labels) -> None:
    """Smoothed test loss ends above its best while the training loss fell."""
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.ones(3) / 3, "valid"), -1,
                                 panel.test[0])  # fmt: skip
    best = smooth.min(-1)
    rise = (smooth[:, -1] - best) / best
    at = min(int(smooth[0].argmin()) + 1, panel.epochs - 1)
    before, after = panel.train[0, 0, at], panel.train[0, 0, -3:].mean()
    labels.evidence["test rise over best"] = [round(float(x), 3) for x in rise]
    if rise[0] > OVERFIT and rise.min() > OVERFIT / 2 and after < 0.97 * before:
        labels.found.add("overfitting")
    elif rise[0] > OVERFIT_OPEN and after < 1.02 * before:
        labels.open.add("overfitting")


def divergence(panel: Panel, change: int, labels: Labels) -> None:
    """Test loss rises after a change and stays above the rerun without the change."""
    run, rerun = panel.test[0], panel.test[panel.row["unchanged"]]
    before = run[:, max(0, change - 3) : change].mean(1)
    after, other = run[:, change + 1 :].mean(1), rerun[:, change + 1 :].mean(1)
    rise, against = (after - before) / before, panel.compare(after, other)
    labels.evidence["rise after change"] = [round(float(x), 3) for x in rise]
    labels.evidence["over the rerun"] = round(against.gain, 3)
    lasting = panel.final[0].mean() > 1.05 * before.mean()
    if rise[0] > RISE and rise.mean() > RISE and against.gain > RISE_OVER_RERUN:
        material = against.sigmas > MATERIAL_SIGMAS and lasting
        (labels.found if material else labels.open).add("post_drop_divergence")
    elif rise[0] > RISE_OPEN and against.gain > RISE_OPEN:
        labels.open.add("post_drop_divergence")


def rate(panel: Panel, labels: Labels) -> None:
    """Would another rate have been better?"""
    higher = [panel.best_gain(name) for name in ("rate x3", "rate x10")]
    learnt = min(panel.train[panel.row[n], :, -3:].mean() for n in ("rate x3", "rate x10"))
    if any(c.material for c in higher) and learnt < 0.98 * panel.train[0, :, -3:].mean():
        labels.found.add("lr_too_low")
    elif not all(c.immaterial for c in higher):
        labels.open.add("lr_too_low")
    final, best = panel.final_gain("rate /6"), panel.best_gain("rate /6")
    labels.evidence["gain of rate /6"] = round(final.gain, 3)
    labels.evidence["gain of rate x3, x10"] = [round(c.gain, 3) for c in higher]
    if final.material and best.gain > 0.03 and best.sigmas > 2:
        labels.found.add("lr_too_high")
    elif not (best.immaterial and (final.immaterial or "overfitting" in labels.found)):
        labels.open.add("lr_too_high")
    if "decayed" in panel.row and not panel.final_gain("decayed").immaterial:
        labels.open |= {"lr_too_high", "drop_too_late"}


def timing(panel: Panel, labels: Labels) -> None:
    """Would later drops have been better, or earlier ones as good at half the epochs?"""
    if "later" not in panel.row:
        return
    final, best = panel.final_gain("later"), panel.best_gain("later")
    learnt = panel.train[panel.row["later"], :, -3:].mean() < panel.train[0, :, -3:].mean()
    labels.evidence["gain of later drops"] = round(best.gain, 3)
    if best.material and final.gain > 0.03 and learnt:
        labels.found.add("drop_too_early")
    elif not (final.immaterial and best.immaterial):
        labels.open.add("drop_too_early")
    half = round(panel.epochs / 2)
    early = panel.test[panel.row["earlier"], :, half - 3 : half].mean(1)
    ratio = float(early.mean() / panel.final[0].mean())
    run_half = panel.compare(panel.test[0, :, half - 3 : half].mean(1), early)
    full, full_best = panel.final_gain("earlier"), panel.best_gain("earlier")
    labels.evidence["earlier drops at half the epochs"] = round(ratio, 3)
    over = "overfitting" in labels.found
    late = (ratio <= 1.01 and run_half.material) or (full.material and full_best.gain > 0.03)
    if late and not over:
        labels.found.add("drop_too_late")
    elif late or not full.immaterial or not full_best.immaterial or (
        ratio <= 1.05 and not run_half.immaterial
    ):  # fmt: skip
        labels.open.add("drop_too_late")


def useless(panel: Panel, plan: Planned, labels: Labels) -> None:
    """Did leaving a drop out change nothing?"""
    drops = plan.recipe.schedule.drops(panel.epochs)
    for name, index in (("without first", 0), ("without last", -1)):
        if name not in panel.row or not drops:
            continue
        at = min(drops[index], panel.epochs - 2)
        end = drops[1] if index == 0 and len(drops) > 1 else panel.epochs
        run, rerun = panel.test[0], panel.test[panel.row[name]]
        window = slice(at + 1, max(at + 2, end))
        gain = panel.final[panel.row[name]] - panel.final[0]
        final = float(gain.mean() / panel.final[0].mean())
        inside = float((rerun[:, window] - run[:, window]).mean() / run[:, window].mean())
        before = run[:, max(0, at - 3) : at].mean()
        progress = float((before - panel.final[0].mean()) / before)
        noise = panel.spread / panel.final[0].mean()
        same = abs(final) <= max(0.01, min(noise, 0.03)) and abs(inside) < 0.015
        labels.evidence[f"{name}: final, window, progress"] = [
            round(x, 4) for x in (final, inside, progress)
        ]
        if same and abs(progress) < 0.03:
            labels.found.add("plateau_after_drop")
        elif same or abs(final) < max(0.02, 1.5 * noise):
            labels.open.add("plateau_after_drop")


def wobble(panel: Panel, plan: Planned, labels: Labels) -> None:
    """Epoch-to-epoch noise after the first drop that a lower rate takes away."""
    drops = plan.recipe.schedule.drops(panel.epochs)
    if not drops or drops[0] > panel.epochs - 7:
        return
    run = wobble_of(panel.test[0, :, drops[0] + 1 :])
    quiet = wobble_of(panel.test[panel.row["quiet after drop"], :, drops[0] + 1 :])
    labels.evidence["wobble, at a tenth of the rate"] = [round(run.mean(), 4),
                                                         round(quiet.mean(), 4)]  # fmt: skip
    calmer = panel.final_gain("quiet after drop").gain > 0.03
    if min(run[0], run.mean()) > WOBBLE and run.mean() > WOBBLE_RATIO * quiet.mean() and calmer:
        labels.found.add("post_drop_oscillation")
    elif run.max() > WOBBLE_OPEN:
        labels.open.add("post_drop_oscillation")


def wobble_of(test: np.ndarray) -> np.ndarray:
    """Relative standard deviation of neighbouring epochs, one value a seed."""
    return np.diff(test, axis=1).std(1) / np.sqrt(2) / test.mean(1)


def paradox(panel: Panel, labels: Labels) -> None:
    """High accuracy that misses the rare class."""
    recall = float(panel.raw["test_recall"][0, 0, -3:].mean())
    accuracy = float(panel.raw["test_accuracy"][0, 0, -3:].mean())
    labels.evidence["test recall, accuracy"] = [round(recall, 3), round(accuracy, 3)]
    if recall < RECALL_BAD and accuracy > ACCURACY_HIGH:
        labels.found.add("accuracy_paradox")
    elif recall < RECALL_OPEN:
        labels.open.add("accuracy_paradox")


def by_construction(panel: Panel, kind: str, labels: Labels) -> None:
    """Leaked validation rows and labels without signal; the rest cannot be told there."""
    if kind == "random labels":
        labels.found.add("no_signal")
        labels.open |= RATE_FAMILY | AFTER_DROP
        return
    val = panel.raw["val_accuracy"][0, 0, -3:].mean()
    test = panel.raw["test_accuracy"][0, 0, -3:].mean()
    labels.evidence["validation, clean test accuracy"] = [round(val, 3), round(test, 3)]
    labels.found.discard("overfitting")
    labels.open |= RATE_FAMILY | AFTER_DROP | {"overfitting"}
    (labels.found if val - test > 0.08 else labels.open).add("data_leakage")


def attribute(plan: Planned, labels: Labels) -> None:
    """One cause, one name: the other name is left open."""
    for one, other in (("drop_too_early", "lr_too_low"), ("drop_too_late", "lr_too_high")):
        if {one, other} <= labels.found:
            loser = one if plan.meant == other else other
            labels.found.discard(loser)
            labels.open.add(loser)
    if plan.recipe.class_weight != 1.0 and "overfitting" in labels.found:
        labels.found.discard("overfitting")
        labels.open.add("overfitting")


def dropped(plan: Planned, labels: Labels, gap: float | None) -> str:
    """Why a run is left out of the corpus; empty to keep it.

    A run without a label is healthy only where nothing is open but the use of a drop, and where it
    ends within 10 % of the best rate of the base's sweep.
    """
    if labels.found:
        return ""
    unclear = labels.open - {"plateau_after_drop"}
    if plan.change is not None or plan.meant in ("nan_divergence", "data_leakage"):
        return "the intended fault did no measurable harm"
    if unclear:
        return "open: " + ", ".join(sorted(unclear))
    return "not tuned" if gap is not None and gap > 0.10 else ""


def verdict(labels: Labels, harm: bool) -> str:
    """ "pass", "fail", or "either" where the only findings cost nothing but epochs."""
    harmless = {"plateau_after_drop", "drop_too_late", "milestone_never_reached"}
    if not labels.found:
        return "pass"
    return "either" if labels.found <= harmless and not harm else "fail"
