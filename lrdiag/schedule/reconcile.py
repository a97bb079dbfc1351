"""The simplest hypothesis about a configured schedule that rebuilds the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.breaks import agreed_factor, broken
from lrdiag.schedule.epoch_lengths import allowed_lengths
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.hypotheses import Hypothesis, ticks
from lrdiag.schedule.question import Question
from lrdiag.schedule.resolution import printed_width

# The scheduler may be called once per process: eight GPUs, or sixteen.
_MAX_K = 16
# So many restarts of a log are tried as the one after which an epoch began anew.
_MAX_RESTARTS = 8
# Beyond these the steps of an epoch are not tried one by one.
_MAX_STEPS_PER_EPOCH = 5000
_SEARCH_ROWS = 24
# Where an epoch's length is unknown, fewer batches than these are rather repeated calls of step().
_MIN_BATCHES = 8
# A factor closer to 1 than this is rounding where few values were seen.
_SMALL_JUMP = 0.1
# Nobody divides a rate by more than this in one go: it fell below what was printed.
_LARGEST_FALL = 1e-3
# Logarithm of the gamma by which multiplications are counted.
_PROBE_LOG = 1e-4


@np.errstate(all="ignore")
def reconcile(question: Question) -> Hypothesis | None:
    """The simplest hypothesis that rebuilds the log, None if there is none.

    Where few values leave the resolution open, round values are first taken for exact; an
    explanation by an odd gamma or a small jump is then no better than a coarser printing.
    """
    rates = question.rates
    if not rates.how.certain:
        found = _simplest(replace(question, width=rates.fine_width))
        if found is not None and found.kind in ("wrong_gamma", "jump"):
            # What a coarser printing of the plain schedule explains needs no number of its own.
            plain = _plain(question, found.per_epoch)
            plainer = next((h for h in plain if question.fits(h)), None)
            found = plainer or found
        if found is not None and not _odd(found):
            return found
    found = _simplest(question)
    if not rates.how.certain and (found is None or found.kind in ("wrong_gamma", "jump")):
        printed = replace(question, width=np.maximum(question.width, printed_width(rates.rate)))
        per = found.per_epoch if found is not None else None
        return next((h for h in _plain(printed, per) if printed.fits(h)), found)
    return found


def _odd(h: Hypothesis) -> bool:
    """Whether a hypothesis needs a number that nobody would configure."""
    number = h.gamma if h.gamma is not None else h.factor
    if number is None:
        return False
    if h.factor is not None and (abs(np.log(number)) < _SMALL_JUMP or number < _LARGEST_FALL):
        return True
    return abs(float(f"{number:.3g}") - number) > 1e-6 * number


def _simplest(question: Question) -> Hypothesis | None:
    lengths = _per_epoch_groups(question)
    for stage in (_unshifted, _as_configured, _plain, _resumed, _other_unit, _distorted):
        for per in lengths:
            found = next((h for h in stage(question, per) if question.fits(h)), None)
            if found is not None:
                return found
    for per in lengths:
        found = broken(question, per, _starts(question, "ok"))
        if found is not None:
            return found
    return None


def _per_epoch_groups(q: Question) -> list[float | None]:
    """Steps an epoch to try: the known one, or those that the log allows."""
    if q.frame.per_epoch is not None or (not q.frame.rows_are_epochs and q.unit == "step"):
        return [q.frame.per_epoch]
    if q.frame.rows_are_epochs:
        kind = "ok" if q.unit == "step" else "per_batch"
        return [None, *_searched(q, kind)]
    return [*allowed_lengths(q.rates.step, q.epochs), None]


def _searched(q: Question, kind: str) -> list[float]:
    """Steps an epoch under which rows of epochs follow a schedule that counts steps longest."""
    pers = np.arange(1 if kind == "ok" else _MIN_BATCHES, _MAX_STEPS_PER_EPOCH, dtype=np.float64)
    rows = q.compare[np.unique(np.linspace(0, len(q.compare) - 1, _SEARCH_ROWS).astype(int))]
    at = q.frame.step[rows]
    best: list[tuple[int, float]] = []
    for base, sub in _starts(q, kind):
        tick = np.maximum((at - base)[None, :] * pers[:, None] + pers[:, None] - 1 + sub, 0.0)
        rates = rate_at(q.family, q.parameters, tick.ravel()).reshape(tick.shape)
        lead = np.cumprod(q.misses(rates, rows) <= 1.0, axis=1).sum(axis=1)
        top = np.argsort(-lead, kind="stable")[:8]
        best += [(int(lead[i]), float(pers[i])) for i in top if lead[i] >= 2]
        moves = _same_moves(q, rates, rows)
        top = np.argsort(-moves, kind="stable")[:4]
        best += [(int(moves[i]), float(pers[i])) for i in top if moves[i] >= len(rows) - 3]
        if int(lead.max()) == len(rows):
            break
    best.sort(key=lambda item: (-item[0], item[1]))
    return list(dict.fromkeys(per for _, per in best))[:8]


def _same_moves(q: Question, rates: FloatArray, rows: IntArray) -> IntArray:
    """int64[p]: moves between neighbouring rows that agree, which a jump between leaves alone."""
    seen, blur = q.rates.rate[rows], q.width[rows] / np.maximum(q.rates.rate[rows], 1e-300)
    with np.errstate(all="ignore"):
        off = np.abs(rates[:, 1:] / rates[:, :-1] * seen[:-1] / seen[1:] - 1.0)
    return np.asarray((off <= blur[1:] + blur[:-1]).sum(axis=1), np.int64)


def _starts(q: Question, kind: str) -> list[tuple[float, float]]:
    """(base, sub) of a kind: where rows and ticks may start, the plain one first.

    A log may be numbered from any index on: counting from its own first row comes last.
    """
    first = q.frame.first
    return [*_usual_starts(q, kind), *((first + more, 0.0) for more in (0, 1, -1) if first > 1)]


def _usual_starts(q: Question, kind: str) -> list[tuple[float, float]]:
    counts_epochs = kind == "per_epoch" or (q.unit != "step" and kind != "per_batch")
    if q.frame.rows_are_epochs:
        if counts_epochs:
            return [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0)]
        # (2, 1): rows that count from 1 and hold the rate of an epoch's first step.
        early = [(b, s) for s in (0.0, 1.0) for b in (0.0, 1.0)]
        return [*early, (2.0, 1.0), *((b, s) for s in (-1.0, 2.0) for b in (0.0, 1.0))]
    if counts_epochs:
        return [(b, s) for s in (0.0, 1.0, -1.0) for b in q.frame.phase]
    return [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0)]


def _unshifted(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """As configured, with every scheduler step where it belongs; before odd lengths of epochs."""
    yield from (h for h in _as_configured(q, per) if h.sub == 0.0)


def _as_configured(q: Question, per: float | None) -> Iterator[Hypothesis]:
    for base, sub in _starts(q, "ok"):
        yield Hypothesis("ok", base, sub, per_epoch=per)


def _plain(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """As configured, shifted by a constant, or never stepped."""
    yield from _as_configured(q, per)
    yield from _offsets(q, per)
    yield Hypothesis("never_stepped", per_epoch=per)


def _resumed(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """Resumed in mid-epoch: the epoch begins anew there, and the scheduler goes on or is new."""
    length = per or q.frame.per_epoch
    if q.frame.rows_are_epochs or q.unit == "step" or not length:
        return
    for at in map(float, q.rates.restarts[:_MAX_RESTARTS]):
        for base, sub in _usual_starts(q, "ok"):
            going_on = float(np.floor((at - base) / length))
            for kind, first in (("resumed", going_on), ("resume_reset", 0.0)):
                yield Hypothesis(kind, base, sub, at=at, per_epoch=per, epoch_from=first)


def _other_unit(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """Stepped after every batch instead of every epoch, or the reverse."""
    other = "per_epoch" if q.unit == "step" else "per_batch"
    lengths: list[float | None] = [per]
    if other == "per_epoch" and per is None and not q.frame.rows_are_epochs:
        lengths = list(allowed_lengths(q.rates.step, q.epochs))
    for length in lengths:
        for base, sub in _starts(q, other):
            yield Hypothesis(other, base, sub, per_epoch=length)


def _distorted(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """Stepped several times, with another gamma, or without one of the milestones."""
    for base, sub in _starts(q, "rate_k"):
        for k in range(2, _MAX_K + 1):
            yield Hypothesis("rate_k", base, sub, k=k, per_epoch=per)
    yield from _gammas(q, per)
    if q.family in ("multistep", "warmup_multistep"):
        for base, sub in _starts(q, "missed_drop"):
            for milestone in q.parameters["milestones"]:
                yield Hypothesis("missed_drop", base, sub, missed=milestone, per_epoch=per)


def _offsets(q: Question, per: float | None) -> Iterator[Hypothesis]:
    bases = (0.0,) if q.frame.rows_are_epochs and q.unit == "epoch" else (0.0, 1.0)
    for delta in (1.0, -1.0, 2.0, -2.0):
        for base in bases:
            yield Hypothesis("offset", base, delta=delta, per_epoch=per)


def _gammas(q: Question, per: float | None) -> Iterator[Hypothesis]:
    """Another gamma: the one that all rows after a drop allow."""
    if "gamma" not in q.parameters or q.family == "cyclic":
        return
    for base, sub in _starts(q, "wrong_gamma"):
        plain = Hypothesis("wrong_gamma", base, sub, gamma=1.0, per_epoch=per)
        gamma = _common_gamma(q, plain)
        if gamma is not None:
            yield replace(plain, gamma=gamma)


def _common_gamma(q: Question, plain: Hypothesis) -> float | None:
    level, tick = q.simulated(plain), ticks(plain, q.frame.at(q.compare), q.unit)
    if level is None or tick is None:
        return None
    # A gamma next to 1 counts the multiplications without overflow over thousands of them.
    raised = rate_at(q.family, {**q.parameters, "gamma": np.exp(_PROBE_LOG)}, tick)
    power = np.log(np.maximum(raised, 1e-300) / np.maximum(level, 1e-300)) / _PROBE_LOG
    used = (power > 0.5) & (level > 0)
    if not used.any():
        return None
    return agreed_factor(q, q.compare[used], level[used], 1 / power[used])
