"""What the callbacks of all frameworks share: look at the log now and then, warn or stop.

A callback reads the log the training writes, as `lrdiag watch` does, so that it sees what will
be analysed later; it never slows a step by more than its own look, and never breaks a training:
what goes wrong inside is said once and the training goes on.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from lrdiag.findings import Finding, Severity

Action = Literal["warn", "stop"]


class TrainingWarning(UserWarning):
    """A finding about the training that is going on."""


class Judge:
    """Follows a log and tells whether the training should stop.

    Args:
        path: log file or folder; may appear later.
        rules: rule ids that count, as soon as they are found; empty for every rule of `severity`
            or worse, once the rest of the training cannot put it right.
        severity: "note", "warning" or "error".
        action: "warn" or "stop" on such a finding.
        every_seconds: time between looks.
        config: an `lrdiag.config.Config`; the nearest `lrdiag.yml` by default.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rules: Collection[str] = (),
        severity: str = "error",
        action: Action = "warn",
        every_seconds: float = 30.0,
        config: Any = None,
    ) -> None:
        if action not in ("warn", "stop"):
            raise ValueError(f"action {action!r}: expected 'warn' or 'stop'")
        self._path = Path(path)
        self._rules = frozenset(rules)
        self._floor = Severity(severity).rank
        self._action = action
        self._every = every_seconds
        self._config = config
        self._watcher: Any = None
        self._last = float("-inf")
        self._broken = False
        self.found: list[Finding] = []

    def should_stop(self, *, now: bool = False) -> bool:
        """Look if it is time (or `now`), warn of new findings; whether to stop."""
        if self._broken or (not now and time.monotonic() - self._last < self._every):
            return False
        self._last = time.monotonic()
        try:
            fresh = self._look()
        except Exception as error:
            self._broken = True
            message = f"lrdiag stopped watching {self._path}: {type(error).__name__}: {error}"
            warnings.warn(message, TrainingWarning, stacklevel=2)
            return False
        for finding in fresh:
            self._warn(finding)
        self.found += fresh
        return bool(fresh) and self._action == "stop"

    def _look(self) -> list[Finding]:
        if self._watcher is None:
            from lrdiag.config import load_config
            from lrdiag.watch import Watcher

            config = self._config or load_config()
            self._watcher = Watcher([self._path], config, chosen=self._rules)
        events = [event for event in self._watcher.look() if event.kind == "appeared"]
        return [e.finding for e in events if e.finding is not None and self._counts(e.finding)]

    def _counts(self, finding: Finding) -> bool:
        if self._rules:
            return finding.rule in self._rules
        return finding.severity.rank >= self._floor

    def _warn(self, finding: Finding) -> None:
        from lrdiag.reports.escaping import prose

        message = prose(f"{finding.rule}: {finding.message or finding.summary} {finding.remedy}")
        warnings.warn(message, TrainingWarning, stacklevel=3)
