"""Which cards are fitted, and on which traits."""

from __future__ import annotations

# Card: the traits whose effect has a known direction (1: up, -1: down, 0: free).
CARDS = {
    "lr_too_low": {
        "val_up": -1,
        "val_noise_early": -1,
        "gap_max": -1,
        "train_total": 0,
        "train_end_slope": -1,
        "train_left_half": 1,
        "accuracy_gain": 0,
        "first_position": 0,
        "rate_mean": 1,
    },
    "lr_too_high": {
        "val_up": 1,
        "gap_end": -1,
        "first_val_since_start": 1,
        "accuracy_noise": 1,
        "rate_end": 1,
        "rate_above_0.1": 1,
        "val_rise": 0,
        "train_up": 1,
        "train_end": 1,
    },
    "drop_too_early": {
        "rate_mean": -1,
        "rate_above_0.3": -1,
        "val_up": -1,
        "last_train_slope_left": -1,
        "gap_max": -1,
        "val_noise_early": -1,
    },
    "drop_too_late": {
        "val_up": 1,
        "accuracy_noise": 0,
        "first_accuracy_gain": 0,
        "val_noise_late": -1,
        "last_train_jump": -1,
        "first_val_late_progress": 0,
        "val_noise_early": 0,
        "last_val_noise_before": 1,
        "first_position": 1,
        "first_length": -1,
        "train_left_half": 0,
        "last_position": 0,
    },
    "data_leakage": {
        "val_end": -1,
        "accuracy_gain": 1,
        "train_total": 0,
        "gap_end": -1,
        "val_best_at": 1,
        "val_noise_late": 0,
        "accuracy_max": 1,
    },
    "no_signal": {
        "accuracy_gain": -1,
        "accuracy_max": -1,
        "val_best": 1,
        "gap_min": 0,
        "val_up": 0,
        "val_best_at": -1,
        "train_total": 1,
    },
    "overfitting": {
        "val_rise": 1,
        "train_up": 0,
        "gap_end": 1,
        "val_best_at": -1,
        "gap_half": 0,
        "val_left_half": 0,
    },
    "post_drop_oscillation": {
        "last_val_noise_after": 1,
        "last_train_noise_after": 1,
        "last_train_left": 0,
        "last_val_jump": 0,
        "val_rise": 0,
    },
    "plateau_after_drop": {
        "train_segment": 1,
        "accuracy_step": -1,
        "position": 1,
        "ratio": 0,
        "val_segment": 0,
        "val_noise_before": -1,
        "gap_end": 0,
        "before_rate": 0,
    },
}

# Cards that may weigh every other trait of the run and of its first and last drop too, or only
# those of the losses and the accuracy, where the schedule gives away how the corpora were made.
# Out of fold that gave 0.2 to 11 points of average precision.
EVERY_TRAIT = {"lr_too_low", "lr_too_high", "drop_too_early"}
CURVE_TRAITS = {"data_leakage", "overfitting"}
SCHEDULE = ("first", "last", "rate", "drops", "rises")

EARLY = {"drop_too_early", "lr_too_low"}
PER_DROP = {"plateau_after_drop"}


def signs_of(card: str, known: set[str]) -> dict[str, int]:
    """Traits a card weighs with their directions; `known` are those that runs have."""
    signs = dict(CARDS[card])
    if card in EVERY_TRAIT:
        signs |= dict.fromkeys(sorted(known - set(signs)), 0)
    if card in CURVE_TRAITS:
        more = {name for name in known - set(signs) if not name.startswith(SCHEDULE)}
        signs |= dict.fromkeys(sorted(more), 0)
    return signs
