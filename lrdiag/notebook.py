"""`lrdiag.analyze` for notebooks and scripts: a report that shows itself.

>>> import lrdiag
>>> report = lrdiag.analyze("sample_logs/teaching_table.csv")
>>> [(drop.step, drop.before, drop.after) for drop in report.runs[0].schedule.drops]
[(10, 0.1, 0.01), (15, 0.01, 0.001)]
>>> report.to_frame().query("status == 'failed'").rule.tolist()
[]
>>> (run,) = lrdiag.read_runs("sample_logs/teaching_table.csv")
>>> run.series["val_loss"].to_frame().value.tolist()
[0.9, 0.6, 0.4, 0.35]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrdiag.errors import ReportError
from lrdiag.findings import Finding, HealthReport, RunReport, Severity, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lrdiag.config import Config

Paths = str | Path | Sequence[str | Path]


def analyze(
    path: Paths,
    *,
    config: Config | str | Path | None = None,
    roles: Mapping[str, str] | None = None,
    rules: Sequence[str | Path] = (),
    milestones: Sequence[int] = (),
    step_size: int | None = None,
    gamma: float | None = None,
    base_lr: float | None = None,
    unit: str = "epoch",
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Read and judge every run below a path, as `lrdiag analyze` does.

    Args:
        path: a log file, a run directory or a tree of runs, or several of them.
        config: a `Config` or a configuration file; None takes the nearest `lrdiag.yml` or
            `[tool.lrdiag]` above the working directory.
        roles: role to tag where the names do not say it: `{"val_loss": "valid/nll"}`.
        rules: further rule files.
        milestones: where the configured rate falls, where no file beside the log tells it.
        step_size: the same for StepLR: how long each rate holds.
        gamma: factor of each configured drop.
        base_lr: the configured first rate.
        unit: what milestones and step_size count, "epoch" or "step".
        progress: called with (runs done, runs in all).

    Raises:
        LrdiagError: the configuration, a rule file or an argument is invalid. Logs that cannot
            be read do not raise: they are problems of the report.
    """
    from lrdiag.diagnose import analyze_paths

    chosen = _config(config)
    chosen = replace(
        chosen,
        roles={**chosen.roles, **(roles or {})},
        rules=(*chosen.rules, *(Path(file) for file in rules)),
    )
    if milestones or step_size is not None or gamma is not None or base_lr is not None:
        from lrdiag.schedule.configured import from_options

        configured = from_options(
            milestones=tuple(milestones), step_size=step_size, gamma=gamma, epochs=chosen.epochs,
            steps_per_epoch=chosen.steps_per_epoch, base_lr=base_lr, unit=unit,
            origin="arguments of analyze()",
        )  # fmt: skip
        chosen = replace(chosen, schedule=configured)
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    return Report(analyze_paths(paths, chosen, progress=progress))


def _config(config: Config | str | Path | None) -> Config:
    from lrdiag.config import load_config

    if config is None or isinstance(config, (str, Path)):
        return load_config(file=None if config is None else Path(config))
    return config


@dataclass(frozen=True, slots=True)
class Report:
    """The health report of one or many runs; a notebook shows it as the HTML report.

    `report` is the whole as plain values (`lrdiag.findings.HealthReport`).
    """

    report: HealthReport

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the runs."""
        return self.report.verdict

    @property
    def runs(self) -> tuple[RunReport, ...]:
        """What was found in each run."""
        return self.report.runs

    @property
    def deployable(self) -> bool:
        """Whether there is a run and every run may be deployed."""
        return bool(self.runs) and all(run.deployable for run in self.runs)

    def failed(self, at_least: Severity | str = Severity.NOTE) -> Iterator[tuple[str, Finding]]:
        """Run name and finding of every failed finding of this severity or worse."""
        floor = Severity(at_least).rank
        for run in self.runs:
            yield from ((run.run, f) for f in run.failed if f.severity.rank >= floor)

    def render(self, format_name: str, **options: Any) -> str:
        """The report in any format of `lrdiag analyze --format`.

        Raises:
            ReportError: there is no such format.
        """
        from lrdiag.reports.registry import report_format

        return report_format(format_name, **options).render(self.report)

    def save(self, file: str | Path, format_name: str = "") -> Path:
        """Write the report; the format is that of the file's ending unless named.

        Raises:
            ReportError: the ending tells no format, or the file cannot be written.
        """
        target = Path(file)
        text = self.render(format_name or target.suffix.removeprefix(".").lower())
        try:
            target.write_text(text, "utf-8")
        except OSError as error:
            raise ReportError(f"{target}: cannot write the report: {error.strerror}.") from None
        return target

    def to_frame(self) -> pd.DataFrame:
        """The findings as a table, one row each, columns as in the CSV report.

        Texts are str; `observed`, `threshold`, `confidence`, `p_value`, epochs and interval ends
        are float64 with NaN where unknown; steps, `points` and `drop` are nullable Int64.
        """
        import pandas as pd

        from lrdiag.reports.csv_report import COLUMNS, finding_rows

        frame = pd.DataFrame(list(finding_rows(self.report)), columns=list(COLUMNS))
        whole = ["first_step", "last_step", "points", "drop"]
        real = ["confidence", "observed", "threshold", "p_value", "first_epoch", "last_epoch",
                "interval_low", "interval_high"]  # fmt: skip
        types = {**dict.fromkeys(whole, "Int64"), **dict.fromkeys(real, "float64")}
        return frame.astype(types)

    def plot(self, run: str | int = 0) -> Figure:
        """The curves of one run as a matplotlib figure (needs the extra `lrdiag[plot]`).

        Args:
            run: the run's name or its number in `runs`.

        Raises:
            ReportError: matplotlib is not installed, or there is no such run.
        """
        from lrdiag.matplotlib_plot import figure_of

        return figure_of(self._run(run))

    def _run(self, run: str | int) -> RunReport:
        if isinstance(run, int) and -len(self.runs) <= run < len(self.runs):
            return self.runs[run]
        found = next((r for r in self.runs if r.run == run), None)
        if found is None:
            names = ", ".join(r.run for r in self.runs[:10])
            raise ReportError(f"There is no run {run!r}.", f"Runs: {names or 'none'}.")
        return found

    def __repr__(self) -> str:
        from lrdiag.reports.wording import headline

        return f"<lrdiag.Report {self.verdict.value}: {headline(self.report)}>"

    def __str__(self) -> str:
        return self.render("terminal").rstrip("\n")

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that neither styles the other; no scripts run."""
        from html import escape

        page = escape(self.render("html"), quote=True)
        height = 620 if len(self.runs) == 1 else 760
        return (
            f'<iframe srcdoc="{page}" sandbox="" title="lrdiag report" width="100%" '
            f'height="{height}" style="border:1px solid #8888"></iframe>'
        )

    def _repr_markdown_(self) -> str:
        return self.render("markdown")
