"""Pictures of rates: blocks for a terminal, SVG for a page; both on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from lrdiag.runs import FloatArray

Curve = tuple[str, FloatArray, FloatArray]
"""Label, places float64[n] and rates float64[n]."""

# Okabe and Ito's colours, told apart with the usual colour-vision deficiencies
# (https://jfly.uni-koeln.de/color/).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4")
# A rate of zero is drawn this many decades below the largest.
_ZERO_DECADES = 6.0
_MOST_POINTS = 800


def heights(rates: Sequence[FloatArray]) -> tuple[list[FloatArray], float, float]:
    """log10 of each curve's rates with their common range (low, high)."""
    top = max((float(r.max(initial=0.0)) for r in rates), default=0.0)
    top = top if top > 0 else 1.0
    least = top * 10**-_ZERO_DECADES
    logs = [np.log10(np.maximum(r, least)) for r in rates]
    high = float(np.log10(top))
    low = min((float(part.min(initial=high)) for part in logs), default=high)
    return logs, low, max(high, low + 1e-3)


def terminal_picture(
    places: FloatArray, rate: FloatArray, width: int = 64, height: int = 9
) -> list[str]:
    """Lines of a step plot of one curve: rate against place, the rate's scale at the left."""
    if len(places) < 2:
        return []
    (logs,), low, high = heights([rate])
    height = height if np.ptp(logs) > 0 else 1
    span = max(float(places[-1] - places[0]), 1e-12)
    column = np.linspace(0, span, width) + float(places[0])
    # The rate in force at a place is the last logged one before it.
    value = logs[np.maximum(np.searchsorted(places, column + 1e-9, side="right") - 1, 0)]
    low = high if height == 1 else low
    row = np.round((high - value) / max(high - low, 1e-300) * (height - 1)).astype(int)
    lines = []
    for number in range(height):
        level = 10 ** (high - (high - low) * number / max(height - 1, 1))
        marks = "".join("█" if r == number else " " for r in row)
        lines.append(f"{level:9.2e} ┤{marks}".rstrip())
    first, last = f"{places[0]:g}", f"{places[-1]:g}"
    lines.append(" " * 11 + first + " " * max(width - len(first) - len(last), 1) + last)
    return lines


def svg_picture(curves: Sequence[Curve], title: str, unit: str) -> str:
    """A complete SVG document of step curves with a legend; labels are escaped."""
    kept = [(n, p, r) for n, p, r in curves if len(p)]
    logs, low, high = heights([r for _, _, r in kept])
    first = min((float(p[0]) for _, p, _ in kept), default=0.0)
    last = max((float(p[-1]) for _, p, _ in kept), default=1.0)
    wide, tall, left, top = 640.0, 260.0, 70.0, 34.0
    scale = (wide - left - 20) / max(last - first, 1e-12)
    parts = [_head(title, wide, tall + 24 * len(kept) + 40)]
    for level in np.linspace(low, high, 5):
        y = top + (high - level) / (high - low) * (tall - top - 20)
        parts.append(_grid_line(left, wide - 20, y, f"{10**level:.2g}"))
    for number, ((name, places, _), log) in enumerate(zip(kept, logs, strict=True)):
        x = left + (places - first) * scale
        y = top + (high - log) / (high - low) * (tall - top - 20)
        parts.append(_curve(x, y, number))
        parts.append(_legend(name, number, left, tall + 30 + 24 * number))
    parts.append(_text(left, tall, f"{first:g}", "middle"))
    parts.append(_text(wide - 20, tall, f"{last:g} ({unit})", "end"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _head(title: str, wide: float, tall: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {tall:g}" width="{wide:g}" '
        f'height="{tall:g}" role="img" font-family="sans-serif" font-size="12">\n'
        f"<title>{escape(_plain(title))}</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f"{_text(20, 20, title, 'start')}"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    where = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {where} fill="#222222">{escape(_plain(text))}</text>'


def _plain(text: str) -> str:
    """Text without characters that XML 1.0 forbids."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _grid_line(left: float, right: float, y: float, label: str) -> str:
    line = f'<line x1="{left:g}" x2="{right:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
    return line + _text(left - 6, y + 4, label, "end")


def _curve(x: FloatArray, y: FloatArray, number: int) -> str:
    if len(x) > _MOST_POINTS:
        turns = np.flatnonzero(np.diff(y) != 0)
        keep = np.unique(
            np.concatenate([turns, turns + 1, np.linspace(0, len(x) - 1, _MOST_POINTS).astype(int)])
        )
        keep = keep if len(keep) <= 4 * _MOST_POINTS else keep[:: len(keep) // _MOST_POINTS]
        x, y = x[keep], y[keep]
    path = f"M{x[0]:.1f} {y[0]:.1f}" + "".join(
        f"H{a:.1f}V{b:.1f}" for a, b in zip(x[1:], y[1:], strict=True)
    )
    colour, dash = _look(number)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>'


def _look(number: int) -> tuple[str, str]:
    """Colour and dashes of a curve; where the colours begin anew, each gets other dashes."""
    turn, colour = divmod(number, len(COLOURS))
    return COLOURS[colour], _DASHES[(colour + turn) % len(_DASHES)]


def _legend(name: str, number: int, left: float, y: float) -> str:
    colour, dash = _look(number)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    line = (
        f'<line x1="{left:g}" x2="{left + 40:g}" y1="{y - 4:g}" y2="{y - 4:g}" stroke="{colour}" '
        f'stroke-width="2"{dashes}/>'
    )
    return line + _text(left + 50, y, name, "start")
