"""Progress on stderr for work over a second, only on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

QUIET_SECONDS = 1.0
REFRESH_SECONDS = 0.1
BAR = 20


class Progress:
    """Context manager that is called with (done, total); draws nothing for short work."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._start = time.monotonic()
        self._drawn = 0.0
        self._on = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        now = time.monotonic()
        elapsed = now - self._start
        if not self._on or elapsed < QUIET_SECONDS or now - self._drawn < REFRESH_SECONDS:
            return
        self._drawn = now
        left = elapsed / max(done, 1) * (total - done)
        full = BAR * done // max(total, 1)
        drawn = "#" * full + "." * (BAR - full)
        sys.stderr.write(f"\r\x1b[K[{drawn}] {done}/{total} {self._noun}, {_about(left)} left")
        sys.stderr.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _about(seconds: float) -> str:
    """`about 40 s`, `about 12 min`, `about 3 h`."""
    if seconds < 120:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.0f} h"
