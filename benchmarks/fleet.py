"""Fleets: runs a second on one and two cores, warm against cold cache, memory, dask.

    python benchmarks/fleet.py throughput --runs 1000
    python benchmarks/fleet.py cache --runs 1000
    python benchmarks/fleet.py memory --runs 1000 10000 100000
    python benchmarks/fleet.py dask --runs 200 1200
    python benchmarks/fleet.py dask-runs --runs 100 400

Each measurement is a whole `python -m lrdiag analyze` process; times are wall times of the best
of `--rounds`, memory is the peak of the process and its workers. Ratios are what docs/fleet.md
quotes; absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = 40
TAGS = ("lr", "train/loss", "val/loss", "val/accuracy")


def make_runs(folder: Path, count: int) -> Path:
    """`count` runs of 40 epochs, every tenth an event file, the others tables."""
    writer = None
    for index in range(count):
        place = folder / f"sweep{index // 1000:03d}" / f"run{index:06d}"
        place.mkdir(parents=True)
        rows = list(training(index))
        if index % 10 or writer is False:
            table(place / "metrics.csv", rows)
        else:
            writer = events(place, rows)
            if writer is False:
                table(place / "metrics.csv", rows)
    return folder


def training(seed: int):
    """(epoch, lr, train_loss, val_loss, val_accuracy) of a run that is usually healthy."""
    noise = random.Random(seed)
    overfit = seed % 20 == 0
    for epoch in range(EPOCHS):
        rate = 0.1 * 0.1 ** (epoch // 20)
        train = 2.0 * math.exp(-epoch / 12) + 0.1 + noise.gauss(0, 0.01)
        worse = max(0, epoch - 22) * 0.03 if overfit else 0.0
        val = 2.1 * math.exp(-epoch / 12) + 0.25 + worse + noise.gauss(0, 0.02)
        yield epoch, rate, train, val, 0.9 - 0.8 * math.exp(-epoch / 10) + noise.gauss(0, 0.01)


def table(path: Path, rows) -> None:
    lines = [f"{e},{r:g},{t:.5f},{v:.5f},{a:.5f}" for e, r, t, v, a in rows]
    path.write_text("\n".join(["epoch,lr,train_loss,val_loss,val_accuracy", *lines, ""]))


def events(folder: Path, rows):
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        return False
    writer = SummaryWriter(str(folder))
    for epoch, *values in rows:
        for tag, value in zip(
            ("lr", "train/loss", "val/loss", "val/accuracy"), values, strict=True
        ):
            writer.add_scalar(tag, value, epoch)
    writer.close()
    return True


def analyze(folder: Path, *options: str, cache: Path | None = None) -> tuple[float, float]:
    """(wall seconds, CPU seconds) of one `lrdiag analyze`; output goes to /dev/null."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if cache:
        environment["LRDIAG_CACHE_DIR"] = str(cache)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "lrdiag", "analyze", str(folder), *options]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    adopted()
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def adopt() -> None:
    """Have orphans of children (pool workers) become ours, so that their CPU time counts."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def adopted() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def throughput(folder: Path, runs: int, rounds: int) -> None:
    wall: dict[int, float] = {}
    cpu: dict[int, float] = {}
    adopt()
    for jobs in (1, 2):
        times = [analyze(folder, "--no-cache", "--jobs", str(jobs)) for _ in range(rounds)]
        wall[jobs], cpu[jobs] = (min(kind) for kind in zip(*times, strict=True))
        rate = f"{runs / wall[jobs]:.0f} runs a second"
        print(f"{jobs} worker(s): {wall[jobs]:.2f} s, {cpu[jobs]:.2f} s CPU, {rate}")
    print(f"2 workers are {wall[1] / wall[2]:.2f} x as fast as 1, CPU {cpu[2] / cpu[1]:.2f} x")


def cache(folder: Path, rounds: int) -> None:
    cold_wall, cold_cpu, warm_wall, warm_cpu = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            store = Path(place) / "cache"
            cold = analyze(folder, "--jobs", "1", cache=store)
            warm = analyze(folder, "--jobs", "1", cache=store)
        cold_wall.append(cold[0])
        cold_cpu.append(cold[1])
        warm_wall.append(warm[0])
        warm_cpu.append(warm[1])
    print(f"cold {min(cold_wall):.2f} s ({min(cold_cpu):.2f} s CPU)")
    print(f"warm {min(warm_wall):.2f} s ({min(warm_cpu):.2f} s CPU)")
    wall, cpu = min(cold_wall) / min(warm_wall), min(cold_cpu) / min(warm_cpu)
    print(f"warm is {wall:.1f} x as fast as cold (CPU {cpu:.1f} x)")


def memory(counts: list[int], jobs: int) -> None:
    for count in counts:
        with tempfile.TemporaryDirectory() as place:
            folder = make_runs(Path(place), count)
            peak, wall = peak_of(folder, jobs)
        print(
            f"{count:>7} runs: {wall:.1f} s, {wall / count * 1e3:.2f} ms a run,"
            f" peak {peak / 1e3:.0f} MB",
            flush=True,
        )


def peak_of(folder: Path, jobs: int) -> tuple[float, float]:
    """(peak kB of the main process, wall seconds) of a JSON Lines analysis."""
    code = (
        "import re, sys\n"
        "from lrdiag.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        # ru_maxrss would count what the parent had when it forked.
        "status = open('/proc/self/status').read()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1], file=sys.stderr)\n"
    )
    arguments = ["analyze", str(folder), "--no-cache", "-j", str(jobs), "-f", "jsonl"]
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stderr.split()[-1]), time.perf_counter() - begun


def dask(counts: list[int]) -> None:
    """CPU time a run of handing over work that does nothing: the slope between two counts.

    Client, scheduler and workers count, start-up cancels; the load of the machine does not show.
    """
    adopt()
    few, many = counts if len(counts) > 1 else (200, counts[0])
    for workers in (0, 1, 2, 4):
        took = [handed_over(workers, count) for count in (few, many)]
        wall, cpu = ((b - a) / (many - few) * 1e3 for a, b in zip(*took, strict=True))
        name = f"{workers} dask worker(s)" if workers else "local pool, 2 workers"
        print(f"{name}: {cpu:.2f} ms CPU a run ({wall:.2f} ms wall)", flush=True)


def handed_over(workers: int, count: int) -> tuple[float, float]:
    """(wall, CPU) seconds of a process that hands `count` runs over; 0 workers: a local pool."""
    return measured(f"hand_over({workers}, {count})")


def measured(call: str) -> tuple[float, float]:
    """(wall, CPU) seconds of a fresh process, with all it starts, that makes a call of ours."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    code = f"from benchmarks import fleet; fleet.{call}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    wall = time.perf_counter() - begun
    adopted()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def hand_over(workers: int, count: int) -> None:
    """Have `count` runs "judged" by work that does nothing."""
    from lrdiag.fleet.executors import ProcessPool, choose_executor
    from lrdiag.sources.interface import RunLocation

    runs = [RunLocation(f"run{i}", (("", "csv", (Path(f"/run{i}"),)),)) for i in range(count)]
    if not workers:
        assert len(list(ProcessPool(2)(nothing, runs))) == count
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        engine = cluster.scheduler_address.replace("tcp://", "dask://")
        assert len(list(choose_executor(1, engine)(nothing, runs))) == count


def dask_runs(counts: list[int]) -> None:
    """CPU time a run of real analyses, the slope between two counts: start-up cancels."""
    adopt()
    with tempfile.TemporaryDirectory() as place:
        folders = [make_runs(Path(place) / str(count), count) for count in counts]
        for workers in (0, 1, 2, 4):
            took = [analyzed_there(workers, folder) for folder in folders]
            wall, cpu = (
                (b - a) / (counts[1] - counts[0]) * 1e3 for a, b in zip(*took, strict=True)
            )
            name = f"{workers} dask worker(s)" if workers else "one process, no dask"
            print(f"{name}: {cpu:.2f} ms CPU a run ({wall:.2f} ms wall)", flush=True)


def analyzed_there(workers: int, folder: Path) -> tuple[float, float]:
    """(wall, CPU) seconds of an analysis by so many dask workers; 0: none, in one process."""
    return measured(f"analyze_by({workers}, {str(folder)!r})")


def analyze_by(workers: int, folder: str) -> None:
    """Analyse the runs of a folder on a cluster of its own."""
    from lrdiag.diagnose import analyze_paths
    from lrdiag.fleet.executors import choose_executor

    if not workers:
        analyze_paths([folder])
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        engine = cluster.scheduler_address.replace("tcp://", "dask://")
        report = analyze_paths([folder], map_runs=choose_executor(1, engine))
        assert not [p for run in report.runs for p in run.problems if p.severity == "error"]


def nothing(place):
    from lrdiag.findings import RunReport, Verdict

    return RunReport(place.name, Verdict.HEALTHY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["throughput", "cache", "memory", "dask", "dask-runs"])
    parser.add_argument("--runs", type=int, nargs="+", default=[1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.what == "memory":
        memory(options.runs, options.jobs)
        return
    if options.what == "dask":
        dask(options.runs)
        return
    if options.what == "dask-runs":
        dask_runs(options.runs)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = make_runs(Path(place), options.runs[0])
        if options.what == "throughput":
            throughput(folder, options.runs[0], options.rounds)
        else:
            cache(folder, options.rounds)


if __name__ == "__main__":
    main()
