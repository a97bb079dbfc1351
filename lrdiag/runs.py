"""What was logged: plain columnar values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrdiag.findings import Problem, SourceSummary

if TYPE_CHECKING:
    import pandas as pd

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One logged tag of one run.

    Attributes:
        tag: the name it was logged under.
        step: int64[n], the logged index (iteration, epoch or row; see `axes`).
        wall_time: float64[n], seconds since the epoch; NaN where the format has none.
        value: float64[n]; NaN and infinities are kept.
        superseded: points dropped because a later writer restarted before them.
        restarts: steps from which a later writer took over (empty without a restart).
        line: int64[n] line of the text file each point came from, or None.
        index: what `step` counts where the log tells: "step", "epoch" or "row" (the log has
            neither); "" where the format does not say.
        replaced: the superseded points themselves, where they were kept.
    """

    tag: str
    step: IntArray
    wall_time: FloatArray
    value: FloatArray
    superseded: int = 0
    restarts: tuple[int, ...] = ()
    line: IntArray | None = None
    index: str = ""
    replaced: Series | None = None

    def __len__(self) -> int:
        return len(self.step)

    def to_frame(self) -> pd.DataFrame:
        """Columns `step`, `wall_time`, `value`, one row a point."""
        import pandas as pd

        return pd.DataFrame({"step": self.step, "wall_time": self.wall_time, "value": self.value})


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One training as it was logged.

    Attributes:
        name: path of the run below the root that was given, `.` for the root itself.
        series: tag to Series.
        sources: the files that were read.
        problems: what was wrong with them.
        params: hyper-parameters found in the log or in a file beside it, nested as found.
        params_origin: where they were found (a path), empty if nowhere.
        texts: lines of text beside the log that may hold a configuration (`Namespace(...)`).
    """

    name: str
    series: Mapping[str, Series]
    sources: tuple[SourceSummary, ...] = ()
    problems: tuple[Problem, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    params_origin: str = ""
    texts: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Long table: columns `tag`, `step`, `wall_time`, `value`."""
        import pandas as pd

        frames = [s.to_frame().assign(tag=t) for t, s in self.series.items()]
        columns = ["tag", "step", "wall_time", "value"]
        if not frames:
            return pd.DataFrame(columns=columns)
        return pd.concat(frames, ignore_index=True)[columns]
