"""How often intervals of a change of level and of a slope cover the truth, in planted noise.

    python -m benchmarks.accuracy.coverage [--draws 400] [--into docs/accuracy.md coverage]

Noise is AR(1) of correlation rho around a decay, the noise after the change half as large as before
it (a lower rate is quieter); every second table has noise of heavy tails (Student's t, 3 degrees).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.accuracy.sections import replace_section
from benchmarks.accuracy.tables import markdown
from lrdiag.statistics.change import level_change
from lrdiag.statistics.trend import fit_trend

STRETCHES = ((6, 8), (8, 13), (12, 13), (12, 41), (20, 21), (50, 51), (200, 201))
CORRELATIONS = (0.0, 0.3, 0.6, 0.8)


def noise(r: np.random.Generator, rows: int, rho: float, heavy: bool) -> np.ndarray:
    """Stationary AR(1) of standard deviation 1."""
    shock = r.standard_t(3, rows) / np.sqrt(3) if heavy else r.normal(size=rows)
    made = np.empty(rows)
    made[0] = shock[0]
    for i in range(1, rows):
        made[i] = rho * made[i - 1] + np.sqrt(1 - rho**2) * shock[i]
    return made


def change_covered(
    r: np.random.Generator, before: int, after: int, rho: float, heavy: bool
) -> bool:
    """Whether the interval of one change of level holds it."""
    trend = 8 * np.exp(-np.arange(before + after) / (before / 2))
    trend[before:] -= 3
    curve = noise(r, before + after, rho, heavy)
    curve[before:] /= 2
    found = level_change(curve + trend, 0, before, before + after)
    truth = trend[-3:].mean() - trend[before - 3 : before].mean()
    return bool(found.low <= truth <= found.high)


def slope_covered(r: np.random.Generator, rows: int, rho: float, heavy: bool) -> bool:
    """Whether the interval of one slope holds it."""
    at = np.arange(float(rows))
    found = fit_trend(at, noise(r, rows, rho, heavy) - 0.05 * at)
    low, high = found.slope_interval() if found else (0.0, 0.0)
    return low <= -0.05 <= high


def table(draws: int, heavy: bool, seed: int = 0) -> str:
    """Coverage by lengths of the stretches and rho, in percent."""
    r = np.random.default_rng(seed)
    rows = []
    for before, after in STRETCHES:
        hits = [
            np.mean([change_covered(r, before, after, rho, heavy) for _ in range(draws)])
            for rho in CORRELATIONS
        ]
        rows.append([f"change, {before} and {after - 1} rows", *(f"{100 * h:.0f}" for h in hits)])
    for length in (10, 25, 60):
        hits = [
            np.mean([slope_covered(r, length, rho, heavy) for _ in range(draws)])
            for rho in CORRELATIONS
        ]
        rows.append([f"slope of {length} rows", *(f"{100 * h:.0f}" for h in hits)])
    name = "heavy tails" if heavy else "normal noise"
    return markdown([f"{name}: covered, %", *(f"rho {rho:g}" for rho in CORRELATIONS)], rows)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--into", nargs=2, metavar=("DOCUMENT", "SECTION"))
    chosen = parser.parse_args()
    text = "\n".join(table(chosen.draws, heavy) for heavy in (False, True))
    if chosen.into:
        replace_section(Path(chosen.into[0]), chosen.into[1], text)
    else:
        print(text)


if __name__ == "__main__":
    main()
