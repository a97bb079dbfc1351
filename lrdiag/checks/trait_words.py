"""Traits in words, for the evidence of a finding."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from lrdiag.statistics.scorecard import Scorecard

Teller = Callable[[float], str]


def _percent(value: float) -> str:
    """A difference of logarithms as a change in percent."""
    return f"{math.expm1(min(value, 20.0)):+.1%}"


def _back(value: float) -> str:
    """A fall given as earlier minus later logarithm."""
    return _percent(-value)


def _times(value: float) -> str:
    return f"{math.exp(min(value, 20.0)):.2f} times"


WORDS: Mapping[str, tuple[str, Teller]] = {
    "val_up": ("share of the validation loss's row-to-row movement that goes up", "{:.0%}".format),
    "train_up": ("share of the training loss's row-to-row movement that goes up", "{:.0%}".format),
    "val_noise_early": ("row-to-row noise of the validation loss, first half", "{:.1%}".format),
    "val_noise_late": ("row-to-row noise of the validation loss, last quarter", "{:.1%}".format),
    "gap_max": ("largest ratio of validation to training loss", _times),
    "gap_end": ("validation loss over training loss at the end", _times),
    "gap_half": ("validation loss over training loss half-way", _times),
    "gap_min": ("smallest ratio of validation to training loss", _times),
    "train_total": ("training loss at the start over that at the end", _times),
    "train_end": ("training loss at the end over the first loss", _times),
    "val_end": ("validation loss at the end over the first loss", _times),
    "val_best": ("best validation loss over the first loss", _times),
    "val_rise": ("validation loss at the end against its best", _percent),
    "val_best_at": ("share of the run before the best validation loss", "{:.0%}".format),
    "train_end_slope": ("change of the training loss over the last quarter", _percent),
    "train_left_half": ("share of the training loss's fall in the second half", "{:.0%}".format),
    "val_left_half": ("share of the validation loss's fall in the second half", "{:.0%}".format),
    "accuracy_gain": ("gain of validation accuracy over the run", "{:+.1%}".format),
    "accuracy_max": ("best validation accuracy", "{:.1%}".format),
    "accuracy_noise": ("row-to-row noise of validation accuracy", "{:.1%}".format),
    "rate_mean": ("mean rate over the highest rate", "{:.0%}".format),
    "rate_end": ("last rate over the highest rate", lambda v: f"{10**v:.2g}"),
    "rate_above_0.1": ("share of the run above a tenth of the highest rate", "{:.0%}".format),
    "rate_above_0.3": ("share of the run above 0.3 of the highest rate", "{:.0%}".format),
    "first_position": ("share of the run before the first drop", "{:.0%}".format),
    "first_length": ("share of the run from the first drop to the next", "{:.0%}".format),
    "first_accuracy_gain": ("validation accuracy from the first drop on", "{:+.1%}".format),
    "first_val_late_progress": ("validation loss over the last 60 % before the drop", _back),
    "last_val_noise_before": ("noise of the validation loss before the last drop", "{:.1%}".format),
    "last_position": ("share of the run before the last drop", "{:.0%}".format),
    "first_val_since_start": ("validation loss from the start to the first drop", _percent),
    "first_train_noise_before": ("noise of the training loss before the drop", "{:.1%}".format),
    "last_train_slope_left": (
        "training loss if it had gone on falling as before the last drop",
        _percent,
    ),
    "last_train_jump": ("training loss across the last drop", _percent),
    "last_val_jump": ("validation loss across the last drop", _percent),
    "last_val_slope": ("change of the validation loss a row before the last drop", _percent),
    "last_val_noise_after": ("noise of the validation loss after the last drop", "{:.1%}".format),
    "last_train_noise_after": ("noise of the training loss after the last drop", "{:.1%}".format),
    "last_train_left": ("share of the training loss's fall after the last drop", "{:.0%}".format),
    "train_segment": ("training loss from before the drop to the segment's end", _percent),
    "val_segment": ("validation loss from before the drop to the segment's end", _percent),
    "accuracy_step": ("validation accuracy from before the drop on", "{:+.1%}".format),
    "position": ("share of the run before the drop", "{:.0%}".format),
    "ratio": ("new rate over old rate", lambda v: f"{10**v:.2g}"),
    "val_noise_before": ("noise of the validation loss before the drop", "{:.1%}".format),
    "accuracy_end": ("validation accuracy at the end", "{:.1%}".format),
    "gap_median": ("median ratio of validation to training loss", _times),
    "rate_above_0.5": ("share of the run above half of the highest rate", "{:.0%}".format),
    "together": ("correlation of both losses' row-to-row movements", "{:.2f}".format),
    "val_below": ("share of the run with validation below training loss", "{:.0%}".format),
    "before_rate": ("rate before the drop over the highest rate", lambda v: f"{10**v:.2g}"),
}


LOSSES = {"train": "training loss", "val": "validation loss"}
OF_A_CURVE: Mapping[str, tuple[str, Teller]] = {
    "total": ("{} at the start over that at the end", _times),
    "rise": ("{} at the end against its best", _percent),
    "best_at": ("share of the run before the best {}", "{:.0%}".format),
    "end_slope": ("change of the {} over the last quarter", _percent),
    "half_slope": ("change of the {} over the second half", _percent),
    "left_half": ("share of the fall of the {} in the second half", "{:.0%}".format),
    "left_quarter": ("share of the fall of the {} in the last quarter", "{:.0%}".format),
    "left": ("share of the fall of the {} after the drop", "{:.0%}".format),
    "shape_early": ("{} over the first eighth of the run", _back),
    "noise_early": ("row-to-row noise of the {}, first half", "{:.1%}".format),
    "noise_late": ("row-to-row noise of the {}, last quarter", "{:.1%}".format),
    "noise_before": ("noise of the {} before the drop", "{:.1%}".format),
    "noise_after": ("noise of the {} after the drop", "{:.1%}".format),
    "jump": ("{} across the drop", _percent),
    "segment": ("{} from before the drop to its segment's end", _percent),
    "final": ("{} from before the drop to the end of the run", _percent),
    "slope": ("change of the {} a row before the drop", _percent),
    "slope_after": ("change of the {} a row after the drop", _percent),
    "slope_left": ("{} if it had gone on falling as before the drop", _percent),
    "late_progress": ("{} over the last 60 % before the drop", _back),
    "since_start": ("{} from the start to the drop", _percent),
}
"""Traits that both losses have, and those that both have at every drop."""


def words_of(name: str) -> tuple[str, Teller]:
    """The words of a trait and how its value is written."""
    if name in WORDS:
        return WORDS[name]
    which, _, rest = name.partition("_")
    if which in ("first", "last"):
        words, tell = words_of(rest)
        return re.sub(r"\bthe drop\b", f"the {which} drop", words), tell
    if which in LOSSES and rest in OF_A_CURVE:
        words, tell = OF_A_CURVE[rest]
        return words.format(LOSSES[which]), tell
    return name.replace("_", " "), "{:.3g}".format


def reasons(card: Scorecard, traits: Mapping[str, float], most: int = 4) -> tuple[str, ...]:
    """The traits that spoke most for the finding, the strongest first, with their points."""
    points = card.contributions(traits)
    strongest = sorted(points, key=lambda name: -points[name])[:most]
    return tuple(
        f"{told(name, traits[name])} ({points[name]:+.1f} points)"
        for name in strongest
        if points[name] > 0.15 and not math.isnan(traits.get(name, math.nan))
    )


def told(name: str, value: float) -> str:
    """One trait with its value."""
    words, tell = words_of(name)
    return f"{words}: {tell(value)}"
