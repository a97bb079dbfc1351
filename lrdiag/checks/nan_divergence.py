"""NaN or infinity in a loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.view import Curve, RunView

ROLES = ("train_loss", "train_loss_step", "val_loss")


@dataclass(frozen=True, slots=True)
class NanDivergence:
    """A loss that stopped being a number.

    Attributes:
        max_share: share of non-finite points that is forgiven where the loss is finite again at
            the end (mixed precision skips a batch now and then).
    """

    kind: ClassVar[str] = "nan_divergence"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = (
        ("train_loss", "train_loss_step", "val_loss"),
    )

    max_share: float = 0.01

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge each loss; one answer."""
        curves = [view.curves[r] for r in ROLES if r in view.curves]
        bad = [c for c in curves if _diverged(c, self.max_share)]
        if not bad:
            yield verdict(
                False,
                observed=max(_share(c) for c in curves),
                threshold=self.max_share,
                unit=UNIT,
                points=sum(len(c) for c in curves),
                tags=tuple(c.tag for c in curves),
            )
            return
        yield _failed(view, min(bad, key=_first_bad_step), tuple(c.tag for c in bad), self)


EARLY = 0.05
UNIT = "share of non-finite points"


def _share(curve: Curve) -> float:
    return float((~np.isfinite(curve.value)).mean()) if len(curve) else 0.0


def _diverged(curve: Curve, max_share: float) -> bool:
    bad = ~np.isfinite(curve.value)
    return bool(len(bad) and (bad[-1] or bad.mean() > max_share))


def _first_bad_step(curve: Curve) -> int:
    return int(curve.step[~np.isfinite(curve.value)][0])


def _failed(view: RunView, curve: Curve, tags: tuple[str, ...], check: NanDivergence) -> Evidence:
    bad = ~np.isfinite(curve.value)
    first = int(np.flatnonzero(bad)[0])
    step = int(curve.step[first])
    changes = [c for c in (*view.schedule.rises, *view.schedule.drops) if c.step <= step]
    last = max(changes, key=lambda c: c.step, default=None)
    near = last is not None and not last.is_drop
    epoch = view.axis.shown_epoch(step)
    place = f"step {step}" if epoch is None else f"epoch {epoch:g} (step {step})"
    return verdict(
        True,
        observed=float(bad.mean()),
        threshold=check.max_share,
        unit=UNIT,
        confidence=1.0,
        points=len(curve),
        first_step=step,
        last_step=int(curve.step[-1]),
        tags=tags,
        facts={
            "back": _back(curve, first, place),
            "role": curve.role,
            "what": "NaN" if np.isnan(curve.value[first]) else "infinite",
            "where": place,
            "before": float(curve.value[first - 1]) if first else float("nan"),
            "cause": f" The rate had risen from {last.before:.3g} to {last.after:.3g} before it."
            if last is not None and near
            else "",
        },
    )


def _back(curve: Curve, first: int, place: str) -> str:
    """Where to go on from: below 5 % of the run there is no checkpoint worth keeping."""
    if first < EARLY * len(curve):
        return "Start again with a lower learning rate"
    return f"Go back to the last checkpoint before {place}, lower the learning rate there"
