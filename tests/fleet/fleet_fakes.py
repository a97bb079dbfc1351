"""Work that misbehaves on purpose; importable by worker processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from lrdiag.findings import Finding, RunReport, Severity, Status, Verdict
from lrdiag.sources.interface import RunLocation


def location(name: str, file: Path | None = None) -> RunLocation:
    return RunLocation(name, (("", "table", (file or Path(name),)),))


def locations(count: int) -> list[RunLocation]:
    return [location(f"run{i:04d}") for i in range(count)]


def echo(place: RunLocation) -> RunReport:
    return RunReport(place.name, Verdict.HEALTHY, params={"pid": os.getpid()})


def pid_slowly(place: RunLocation) -> RunReport:
    time.sleep(0.02)
    return echo(place)


def breaks_on_seven(place: RunLocation) -> RunReport:
    if place.name == "run0007":
        raise RuntimeError("seven")
    return echo(place)


def dies_on_seven(place: RunLocation) -> RunReport:
    if place.name == "run0007":
        os.kill(os.getpid(), signal.SIGKILL)
    return echo(place)


@dataclass
class DiesOnce:
    """Kills its worker the first time a run is seen; a file remembers it."""

    marks: Path
    name: str = "run0007"

    def __call__(self, place: RunLocation) -> RunReport:
        mark = self.marks / place.name
        if place.name == self.name and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        with (self.marks / "done").open("a") as done:
            done.write(place.name + "\n")
        return echo(place)


@dataclass
class Slow:
    """Takes its time, and says that it began."""

    marks: Path

    def __call__(self, place: RunLocation) -> RunReport:
        (self.marks / place.name).touch()
        time.sleep(0.2)
        return echo(place)


@dataclass
class Counting:
    """Writes down each call; has rules and config as the cache wants them."""

    log: Path
    rules: str = "rules"
    config: str = "config"

    def __call__(self, place: RunLocation) -> RunReport:
        with self.log.open("a") as log:
            log.write(place.name + "\n")
        finding = Finding("overfitting", Status.FAILED, Severity.ERROR, observed=float("nan"))
        return RunReport(place.name, Verdict.UNHEALTHY, findings=(finding,))

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


def fails_with_path(place: RunLocation) -> RunReport:
    raise OSError(f"cannot open {place.parts[0][2][0]}")
