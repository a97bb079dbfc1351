"""Infer the schedules of a file of observations and write predictions for a scorer.

    python -m benchmarks.schedules OBS.jsonl PRED.jsonl [TRUTH.jsonl]

Each line of OBS.jsonl holds `id` and `obs`: `x_kind` (epoch or step), `spe` (steps an epoch or
null), `epochs`, `series` (group, x, lr) and `config` (family, unit, parameters, or null). Nothing
else of a line is read. The prediction names the family with parameters in scheduler ticks, the
rows at which drops and rises show, how the configured schedule was misused, and CPU seconds.

Prints CPU seconds a series with 95 % bootstrap intervals. With TRUTH.jsonl (lines with `id` and
`truth`: `family` and `events` of `x_after` and `kind`) also the share of series of stepped
families whose rows are all right, and of series without any event that got one, with 95 % Wilson
intervals. Series of which more than four rows in ten change are no question of rows.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.fleet.intervals import wilson
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ConfiguredSchedule, Family, Schedule

# Names of the scorer's closed forms and of this project, in that order.
FAMILIES = {"onecycle": "one_cycle", "invsqrt": "inverse_sqrt", "warmup_step": "warmup_multistep"}
PARAMETERS = {
    "lr0": "base_lr",
    "up": "step_size_up",
    "down": "step_size_down",
    "anneal": "anneal_strategy",
}
LONGEST = 2000
MOST_EVENTS = 0.4
STEPPED = ("step", "multistep", "plateau", "manual", "warmup_step")
BACK_FAMILIES = {v: k for k, v in FAMILIES.items()}
BACK_PARAMETERS = {v: k for k, v in PARAMETERS.items()}


def configured_of(config: dict | None, obs: dict) -> ConfiguredSchedule | None:
    if not config:
        return None
    family = FAMILIES.get(config["family"], config["family"])
    given = {PARAMETERS.get(k, k): v for k, v in config["params"].items()}
    return ConfiguredSchedule(
        family,
        milestones=tuple(given.get("milestones") or ()),
        step_size=given.get("step_size"),
        gamma=given.get("gamma"),
        base_lr=given.get("base_lr"),
        unit=config["unit"],
        epochs=obs["epochs"],
        steps_per_epoch=obs["spe"],
        parameters={
            k: v
            for k, v in given.items()
            if k not in ("milestones", "step_size", "gamma", "base_lr")
        },
        origin="observation",
    )


def axis_of(obs: dict) -> EpochAxis:
    if obs["x_kind"] == "epoch":
        last = int(max(obs["series"][0]["x"])) + 1
        return EpochAxis(np.array([0, last]), np.array([0.0, last]), "step is epoch")
    if obs["spe"] is None:
        return EpochAxis()
    end = obs["spe"] * obs["epochs"]
    return EpochAxis(np.array([0, end]), np.array([0.0, obs["epochs"]]), "configured")


def series_of(entry: dict) -> Series:
    step = np.array(entry["x"], np.int64)
    return Series(
        f"lr/{entry['group']}", step, np.full(len(step), np.nan), np.array(entry["lr"], float)
    )


def predict(record: dict) -> dict:
    obs = record["obs"]
    series = {f"group {s['group']}": series_of(s) for s in obs["series"]}
    axis, configured = axis_of(obs), configured_of(obs["config"], obs)
    begin = time.process_time()
    schedule = infer_schedule(series, axis, configured, epochs=obs["epochs"])
    return {"id": record["id"], **prediction_of(schedule), "secs": time.process_time() - begin}


def prediction_of(schedule: Schedule) -> dict:
    main = schedule.groups[0]
    out = family_fields(main.family)
    out["events"] = [
        {"x_after": float(c.step), "kind": "drop" if c.is_drop else "rise"} for c in main.changes
    ]
    if schedule.configured is not None:
        out["misuse"] = misuse_of(schedule)
    return out


def family_fields(family: Family) -> dict:
    if family.name == "unknown":
        return {"family": "error", "params": {}, "tick": 1.0, "x0": 0.0, "floor": False}
    clock = family.clock
    return {
        "family": BACK_FAMILIES.get(family.name, family.name),
        "params": back(family.parameters),
        "tick": clock.tick,
        "x0": clock.origin,
        "floor": clock.floor,
    }


def back(parameters: dict) -> dict:
    out = {BACK_PARAMETERS.get(k, k): v for k, v in parameters.items()}
    if "parts" in out:
        out["parts"] = [[BACK_FAMILIES.get(f, f), back(p)] for f, p in out["parts"]]
        if "milestones" in out:
            out["bounds"] = out.pop("milestones")
    if "up" in out:
        out["base_lr"] = out.pop("lr0")
    return out


def misuse_of(schedule: Schedule) -> dict:
    found = next(
        (a.details["hypothesis"] for a in schedule.agreements if "hypothesis" in a.details), None
    )
    if found is None:
        return {"kind": None}
    out = {{"per_epoch": "spe", "tick_at": "c_at"}.get(k, k): v for k, v in found.items()}
    if found["kind"] == "per_epoch":
        out["spe"] = found.get("per_epoch")
    if found["kind"] == "jump":
        out["kind"] = "extra_drop" if found["factor"] < 1 else "lr_rise"
    if found["kind"] == "ok" and found["sub"]:
        out |= {"kind": "offset", "delta": -found["sub"], "sub": 0.0}
    return out


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    seconds = []
    with source.open() as lines, target.open("w") as out:
        for line in lines:
            record = json.loads(line)
            found = predict(record)
            if len(record["obs"]["series"][0]["x"]) <= LONGEST:
                seconds.append(found["secs"])
            out.write(json.dumps(found, default=float) + "\n")
    for line in told_seconds(np.array(seconds)):
        print(line)
    if len(sys.argv) > 3:
        for line in told_rows(target, Path(sys.argv[3])):
            print(line)


def told_seconds(seconds: np.ndarray) -> Iterator[str]:
    """Median and 95th percentile of the CPU seconds with bootstrap intervals."""
    drawn = np.random.default_rng(0).choice(seconds, (1000, len(seconds)))
    for name, level in (("median", 0.5), ("95th percentile", 0.95)):
        low, high = np.quantile(np.quantile(drawn, level, axis=1), [0.025, 0.975])
        value = np.quantile(seconds, level)
        told = f"{1e3 * value:.1f} ms [{1e3 * low:.1f}, {1e3 * high:.1f}]"
        yield f"CPU a series of at most {LONGEST} points, {name}: {told} (n {len(seconds)})"


def told_rows(predictions: Path, truths: Path) -> Iterator[str]:
    """Shares of series with the very rows of their events, and of those with a false event."""
    with predictions.open() as lines:
        found = {p["id"]: {(e["x_after"], e["kind"]) for e in p["events"]}
                 for p in map(json.loads, lines)}  # fmt: skip
    exact = stepped = false = quiet = 0
    with truths.open() as lines:
        for record in map(json.loads, lines):
            truth = record["truth"]
            events = {(e["x_after"], e["kind"]) for e in truth["events"]}
            rows = len(set(record["obs"]["series"][0]["x"]))
            if record["id"] not in found or len(truth["events"]) > MOST_EVENTS * (rows - 1):
                continue
            if truth["family"] in STEPPED:
                stepped += 1
                exact += events == found[record["id"]]
            quiet += not events
            false += not events and bool(found[record["id"]])
    yield f"rows of drops exactly right, stepped families: {share(exact, stepped)}"
    yield f"false event on series without any: {share(false, quiet)}"


def share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits} of {of}: {100 * hits / of:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


if __name__ == "__main__":
    main()
