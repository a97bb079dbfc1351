"""All curves of a run on one set of rows: one row an epoch where epochs are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.statistics.binning import fill_gaps, mean_between, merge_equal
from lrdiag.statistics.distinct import distinct
from lrdiag.view import Curve, RunView

MAX_ROWS = 200  # statistics cost the same for 10 thousand and 10 million points
FEW_EPOCHS = 10  # rows that a noise level, two slopes and three-row levels need (`shape`)
ROWS_OF_FEW = 20  # twice as many: trainings of one to nine epochs evaluate inside epochs
REFERENCES = ("val_loss", "val_accuracy", "train_loss", "train_loss_step", "train_accuracy")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Aligned curves.

    Attributes:
        position: float64[n], epochs (`unit` "epoch") or steps ("step"), increasing.
        step: int64[n] the logged step each row ends at.
        curves: role to float64[n], NaN filled by interpolation inside a curve; a role is absent
            where its curve has no finite point. reference: the role that gave the rows.
    """

    position: FloatArray
    step: IntArray
    unit: str
    curves: dict[str, FloatArray]
    reference: str

    def __len__(self) -> int:
        return len(self.position)

    def get(self, role: str) -> FloatArray | None:
        """The role's values, None where it was not logged."""
        return self.curves.get(role)


def rows_of(view: RunView) -> Rows:
    """The rows of a run, computed once. Empty when no curve has a finite point."""
    if "rows" not in view.cache:
        view.cache["rows"] = _build(view)
    rows: Rows = view.cache["rows"]
    return rows


def position_of(view: RunView, curve: Curve) -> tuple[FloatArray, str]:
    """Epochs of a curve's points where all are known, its steps otherwise."""
    if len(curve) and np.isfinite(curve.epoch).all() and view.axis.known:
        return curve.epoch, "epoch"
    return curve.step.astype(np.float64), "step"


def _build(view: RunView) -> Rows:
    reference = next((r for r in REFERENCES if _has_finite(view.curve(r))), None)
    if reference is None:
        return Rows(np.zeros(0), np.zeros(0, np.int64), "step", {}, "")
    curve = view.curves[reference].finite
    at, unit = position_of(view, curve)
    position, edges = _edges(at, unit)
    curves = {}
    for role, other in view.curves.items():
        values = _on_rows(view, other, unit, position, edges)
        if values is not None:
            curves[role] = values
    step = np.interp(position, *merge_equal(at, curve.step.astype(np.float64)))
    return Rows(position, step.round().astype(np.int64), unit, curves, reference)


def _has_finite(curve: Curve | None) -> bool:
    return curve is not None and bool(np.isfinite(curve.value).any())


def _edges(at: FloatArray, unit: str) -> tuple[FloatArray, FloatArray]:
    """Row ends and bin edges: the points themselves, or even bins where there are too many.

    Points a constant gap apart stand for `gap` each, so bins of whole epochs begin half a gap
    before the first point, whether an epoch is named by its start or its end.
    """
    points = distinct(at)
    gap = float(np.median(np.diff(points))) if len(points) > 1 else 1.0
    span = float(points[-1] - points[0]) + gap
    wanted = min(len(points), MAX_ROWS)
    if unit == "epoch":
        wanted = max(min(wanted, _rows_in(round(span))), 1)
    if len(points) <= 1.3 * wanted:
        return points, np.concatenate([[points[0] - gap], points])
    edges = points[0] - gap / 2 + span / wanted * np.arange(wanted + 1)
    last = points[np.clip(np.searchsorted(points, edges[1:], "right") - 1, 0, len(points) - 1)]
    return np.maximum.accumulate(last), edges


def _rows_in(epochs: int) -> int:
    """A row an epoch; where that is too few to judge, each epoch is cut into equal parts."""
    if epochs >= FEW_EPOCHS or epochs < 1:
        return max(epochs, 1)
    return epochs * -(-ROWS_OF_FEW // epochs)


def _on_rows(
    view: RunView, curve: Curve, unit: str, position: FloatArray, edges: FloatArray
) -> FloatArray | None:
    curve = curve.finite
    if not len(curve):
        return None
    at, own_unit = position_of(view, curve)
    if own_unit != unit:
        at = curve.step.astype(np.float64) if unit == "step" else curve.epoch
    if len(distinct(at)) > 2.5 * len(position):
        edges = _spread(at, len(position), edges)
    edges = edges.copy()
    edges[0], edges[-1] = -np.inf, np.inf
    values = mean_between(at, curve.value, edges)
    return fill_gaps(values) if np.isfinite(values).any() else None


def _spread(at: FloatArray, rows: int, edges: FloatArray) -> FloatArray:
    """Edges for a densely logged curve that covers the same run as the rows.

    An epoch's rows may be named by its start (0-based) or its end (1-based), while iterations
    run through it: both cover the run evenly, so the dense points are dealt out evenly.
    """
    first, last = float(np.nanmin(at)), float(np.nanmax(at))
    width = (last - first) / rows
    if width <= 0 or abs(first - edges[0]) > 1.6 * width or abs(last - edges[-1]) > 1.6 * width:
        return edges
    return np.asarray(first + width * np.arange(rows + 1), np.float64)
