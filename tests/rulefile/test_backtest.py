"""Verdicts under old and new rules."""

from __future__ import annotations

from lrdiag.config import Config
from lrdiag.findings import Verdict
from lrdiag.rulefile.backtest import backtest, fire_rates
from lrdiag.rulefile.load import load_rules

RULES = "version: 1\nrules:\n  - {{id: high, when: val_loss.last > {}, severity: error}}\n"


def test_runs_that_change_verdict_are_told(fakes, tmp_path):
    for name, last in (("low", 1.0), ("middle", 3.0), ("high", 9.0)):
        rows = "".join(f"{i},{last}\n" for i in range(10))
        fakes.write(tmp_path, f"logs/{name}/metrics.csv", "epoch,val_loss\n" + rows)
    old = load_rules([fakes.write(tmp_path, "old.yml", RULES.format(2))], default=False)
    new = load_rules([fakes.write(tmp_path, "new.yml", RULES.format(5))], default=False)
    runs = list(backtest(old, new, [tmp_path / "logs"], Config()))
    changed = [r for r in runs if r.changed]
    assert len(runs) == 3
    assert ["middle" in r.run for r in changed] == [True]
    assert (changed[0].old, changed[0].new) == (Verdict.UNHEALTHY, Verdict.HEALTHY)
    assert fire_rates(runs) == {"high": (2, 1)}
    assert not any(r.changed for r in backtest(old, old, [tmp_path / "logs"], Config()))
