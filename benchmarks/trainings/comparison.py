"""A run beside its reruns: by how much, and how surely, another schedule or rate ends lower.

A difference is material when it is larger than three standard deviations between seeds, larger than
5 %, and has the same sign for every seed, as in the description of the shared corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.trainings.engine import Trained

CAP = 20.0
MATERIAL, MATERIAL_SIGMAS = 0.05, 3.0
IMMATERIAL, IMMATERIAL_SIGMAS, HIDDEN_BY_NOISE = 0.025, 1.5, 0.08


@dataclass(frozen=True)
class Comparison:
    """A rerun against the run: relative gain of test loss, also in seed standard deviations."""

    gain: float
    sigmas: float
    material: bool

    @property
    def immaterial(self) -> bool:
        """Clearly no difference; a gain above 8 % is never hidden by noise."""
        return self.gain < IMMATERIAL or (
            self.sigmas < IMMATERIAL_SIGMAS and self.gain < HIDDEN_BY_NOISE
        )


class Panel:
    """The run (row 0) and its reruns. Losses are capped; curves are [recipes, seeds, epochs]."""

    def __init__(self, names: list[str], trained: Trained) -> None:
        self.row = {name: i for i, name in enumerate(names)}
        self.raw = trained.curves
        self.test = capped(trained.curves["test_loss"])
        self.train = capped(trained.curves["train_loss"])
        self.epochs = self.test.shape[-1]
        self.final = self.test[..., -3:].mean(-1)
        best = capped(trained.curves["val_loss"]).argmin(-1)
        self.at_best = np.take_along_axis(self.test, best[..., None], -1)[..., 0]
        self.spread = float(np.median(self.final.std(-1, ddof=1)))

    def compare(self, run: np.ndarray, rerun: np.ndarray) -> Comparison:
        """Is the rerun better (lower)? Arrays over seeds, paired."""
        gains = run - rerun
        sigma = max(float(rerun.std(ddof=1)), self.spread, 1e-4)
        relative, sigmas = gains.mean() / max(run.mean(), 1e-9), gains.mean() / sigma
        material = (
            sigmas > MATERIAL_SIGMAS
            and relative > MATERIAL
            and gains.min() > 0
            and gains[0] / max(run[0], 1e-9) > 0.6 * MATERIAL
        )
        return Comparison(float(relative), float(sigmas), bool(material))

    def final_gain(self, name: str) -> Comparison:
        """By the mean of the last three epochs."""
        return self.compare(self.final[0], self.final[self.row[name]])

    def best_gain(self, name: str) -> Comparison:
        """By the epoch with the best validation loss."""
        return self.compare(self.at_best[0], self.at_best[self.row[name]])


def capped(losses: np.ndarray) -> np.ndarray:
    """NaN and anything above count as `CAP`."""
    return np.where(np.isfinite(losses), np.minimum(losses, CAP), CAP)
