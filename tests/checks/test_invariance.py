"""What must not change a verdict: scale, step numbers, how often is logged, duplicates."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.checks.registry import check_kinds
from lrdiag.findings import Status

SHAPES = [
    "healthy", "overfitting", "lr_too_low", "lr_too_high", "drop_too_early", "drop_too_late",
    "oscillation", "leakage", "no_signal", "plateau",
]  # fmt: skip
KINDS = [k for k in check_kinds() if k not in ("schedule_agreement", "expr", "expression")]
LIGHT = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def failed(view):
    """Kinds that failed, with the drop they name."""
    found = set()
    for kind in KINDS:
        try:
            check = check_kinds()[kind]()
        except TypeError:
            continue
        if all(r in view.curves for r in check.requires if isinstance(r, str)):
            found |= {(kind, e.drop) for e in check.evaluate(view) if e.status is Status.FAILED}
    return found


@pytest.mark.parametrize("shape", SHAPES)
@LIGHT
@given(scale=st.floats(1e-3, 1e4))
def test_scaling_the_losses(shape, scale, shapes, make_view):
    curves, rates = getattr(shapes, shape)()
    scaled = {r: v * scale if "loss" in r else v for r, v in curves.items()}
    assert failed(make_view(scaled, rates)) == failed(make_view(curves, rates))


@pytest.mark.parametrize("shape", SHAPES)
@LIGHT
@given(first=st.integers(0, 10**6), per_epoch=st.integers(2, 5000))
def test_renumbering_steps(shape, first, per_epoch, shapes, make_view):
    curves, rates = getattr(shapes, shape)()
    other = make_view(curves, rates, per_epoch=per_epoch, first=first)
    assert failed(other) == failed(make_view(curves, rates))


@pytest.mark.parametrize("shape", SHAPES)
def test_logging_twice_as_often(shape, shapes, make_view):
    curves, rates = getattr(shapes, shape)()
    # Two logs an epoch, at its half and its end, that say the same.
    often = make_view(curves, rates, repeat=2, per_epoch=10)
    assert failed(often) == failed(make_view(curves, rates))


@pytest.mark.parametrize("shape", SHAPES)
def test_duplicated_points(shape, shapes, make_view):
    curves, rates = getattr(shapes, shape)()
    view = make_view(curves, rates)
    doubled = make_view(curves, rates)
    for role, c in view.curves.items():
        twice = [np.repeat(a, 2) for a in (c.step, c.epoch, c.value)]
        doubled.curves[role] = type(c)(role, c.tag, *twice, c.higher_is_better, c.unit)
    assert failed(doubled) == failed(view)


@pytest.mark.parametrize("shape", SHAPES)
def test_unknown_epochs(shape, shapes, make_view):
    curves, rates = getattr(shapes, shape)()
    unknown = make_view(curves, rates, per_epoch=100, known=False)
    assert failed(unknown) == failed(make_view(curves, rates))


def test_a_million_points_cost_bins_not_points(make_view, shapes):
    curves, rates = shapes.healthy()
    view = make_view(curves, rates, per_epoch=25_000)
    at = np.arange(1_000_000)
    noisy = np.interp(at / 25_000, np.arange(40), curves["train_loss"])
    noisy = noisy + np.random.default_rng(0).normal(0, 0.05, len(at))
    c = view.curves["train_loss"]
    view.curves["train_loss"] = type(c)("train_loss", "loss", at, at / 25_000, noisy, False, "loss")
    assert failed(view) == set()
    assert len(view.cache["rows"]) == 40
