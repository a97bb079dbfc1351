"""How fast event files are read, against RustBoard, EventAccumulator and the bytes themselves.

    python -m benchmarks.reading make FOLDER [--points 1000000] [--shapes one,runs,...]
    python -m benchmarks.reading run FOLDER/one [--peers lrdiag,rustboard,accumulator] [-n 5]
    python -m benchmarks.reading floor FOLDER/one

`make` writes logs as real writers lay them out; any other folder of event files may be given
to `run`. Each measurement is a fresh process (imports included) in shuffled rounds; the table
gives medians of CPU time (user + system, server and children included, robust on a shared
machine), ratios, peak memory, and whether every series equals that of EventAccumulator or, when
that is not among the peers, of the first peer. For CSV the peers are pandas' engines:

    python -m benchmarks.reading run FOLDER/table --peers lrdiag,pandas-c,pandas-pyarrow

`floor` relates reading inside one process to
reading and checksumming the same bytes in pieces of 1 MiB.

RustBoard is the package tensorboard-data-server; it verifies no checksums here (its default).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from benchmarks.reading_logs import SHAPES, make, make_tables


def event_files(folder):
    return sorted(p for p in Path(folder).rglob("*tfevents*") if p.is_file())


# ---------------------------------------------------------------- peers: {(run, tag): columns}
def read_lrdiag(folder):
    import lrdiag

    runs = lrdiag.read_runs(folder)
    return {(r.name, t): (s.step, s.wall_time, s.value) for r in runs for t, s in r.series.items()}


def read_accumulator(folder):
    import numpy as np
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    found = {}
    guidance = {"scalars": 0, "tensors": 0, "histograms": 1, "images": 1}
    for home in sorted({p.parent for p in event_files(folder)}):
        run = os.path.relpath(home, folder)
        log = EventAccumulator(str(home), size_guidance=guidance)
        log.Reload()
        for tag in log.Tags()["scalars"]:
            rows = [(e.step, e.wall_time, e.value) for e in log.Scalars(tag)]
            found[run, tag] = tuple(np.array(c) for c in zip(*rows, strict=True))
        for tag in log.Tags()["tensors"]:
            rows = [
                (e.step, e.wall_time, float(make_ndarray(e.tensor_proto))) for e in log.Tensors(tag)
            ]
            found[run, tag] = tuple(np.array(c) for c in zip(*rows, strict=True))
    return found


def read_rustboard(folder):
    import grpc
    import numpy as np
    import tensorboard_data_server
    from tensorboard.data import grpc_provider
    from tensorboard.data.proto import data_provider_pb2

    with tempfile.TemporaryDirectory() as scratch:
        port_file, log = Path(scratch, "port"), Path(scratch, "log")
        with log.open("w") as errors:
            server = subprocess.Popen(
                [
                    tensorboard_data_server.server_binary(), "--logdir", folder,
                    "--reload", "once", "--host", "127.0.0.1", "--port", "0",
                    "--port-file", str(port_file), "--die-after-stdin", "-v",
                    "--samples-per-plugin", "scalars=all,histograms=1,images=1",
                ],
                stdin=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        while not re.search(r"Finished load cycle", log.read_text()):
            time.sleep(0.01)
        channel = grpc.insecure_channel(
            f"127.0.0.1:{int(port_file.read_text())}",
            options=[("grpc.max_receive_message_length", -1)],
        )
        stub, found = grpc_provider.make_stub(channel), {}
        runs = sorted({os.path.relpath(p.parent, folder) for p in event_files(folder)})
        for run in runs:
            request = data_provider_pb2.ReadScalarsRequest()
            request.plugin_filter.plugin_name = "scalars"
            request.downsample.num_points = 2**31 - 1
            request.run_tag_filter.runs.names.append(run)
            for answer in stub.ReadScalars(request).runs:
                for tag in answer.tags:
                    data = tag.data
                    columns = (data.step, data.wall_time, data.value)
                    found[answer.run_name, tag.tag_name] = tuple(np.array(c) for c in columns)
        server.stdin.close()
        server.wait()
    return found


def read_pandas(folder, engine):
    """The columns below the header as pandas reads them, those of lrdiag's series."""
    import numpy as np
    import pandas as pd

    found = {}
    for path in sorted(Path(folder).rglob("*.csv")):
        frame = pd.read_csv(path, engine=engine)
        step = frame.pop("step").to_numpy()
        wall = np.full(len(step), np.nan)
        run = path.relative_to(folder).as_posix()
        found.update({(run, tag): (step, wall, frame[tag].to_numpy()) for tag in frame})
    return found


PEERS = {
    "lrdiag": read_lrdiag,
    "rustboard": read_rustboard,
    "accumulator": read_accumulator,
    "pandas-c": lambda folder: read_pandas(folder, "c"),
    "pandas-pyarrow": lambda folder: read_pandas(folder, "pyarrow"),
    "numpy": lambda folder: __import__("numpy") and {},
}


def fingerprint(found):
    import numpy as np

    crc = points = 0
    for key in sorted(found):
        step, wall, value = found[key]
        points += len(step)
        crc = zlib.crc32(repr(key).encode(), crc)
        for column, kind in ((step, np.int64), (wall, np.float64), (value, np.float32)):
            crc = zlib.crc32(np.ascontiguousarray(column, kind).tobytes(), crc)
    return points, crc


# ---------------------------------------------------------------- measuring
def measure(peer, folder, check):
    """CPU seconds, peak MB and fingerprint of one fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = (
        "import sys, json, resource; from benchmarks import reading as b;"
        f"found = b.PEERS[{peer!r}]({folder!r});"
        "rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        f"print(json.dumps([rss, b.fingerprint(found) if {check} else None]))"
    )
    # Compiled bytecode for all, as installed packages have it.
    cache = str(Path(tempfile.gettempdir()) / f"reading-benchmark-{os.getuid()}")
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    home = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env=environment, capture_output=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, *json.loads(done.stdout.splitlines()[-1])


def run(folder, peers, rounds):
    prints = {peer: measure(peer, folder, True)[2] for peer in peers}
    reference = prints.get("accumulator") or prints[peers[0]]
    times = {peer: [] for peer in peers}
    memory = {}
    for _ in range(rounds):
        for peer in random.sample(peers, len(peers)):
            cpu, memory[peer], _ = measure(peer, folder, False)
            times[peer].append(cpu)
    base = statistics.median(times[peers[0]])
    print(f"{folder}: medians of {rounds} shuffled rounds, CPU seconds of the whole process")
    for peer in peers:
        median = statistics.median(times[peer])
        points = prints[peer][0]
        same = "equal" if prints[peer] == reference else "DIFFERENT"
        print(
            f"  {peer:12} {median:8.3f} s  x{median / base:7.2f}  {memory[peer]:5} MB  "
            f"{points:>10,} points  {same}  (spread {min(times[peer]):.3f}-{max(times[peer]):.3f})"
        )


def floor(folder, rounds):
    """Reading inside one process against reading and checksumming the bytes."""
    import google_crc32c
    import numpy as np

    buffer = np.empty(1 << 20, np.uint8)

    def checksum_bytes():
        for path in event_files(folder):
            crc = 0
            with path.open("rb", buffering=0) as file:
                while got := file.readinto(buffer):
                    crc = google_crc32c.extend(crc, buffer[:got])

    times = {"bytes": [], "lrdiag": []}
    read_lrdiag(folder)
    for _ in range(rounds):
        for name, work in (("bytes", checksum_bytes), ("lrdiag", lambda: read_lrdiag(folder))):
            start = time.process_time()
            work()
            times[name].append(time.process_time() - start)
    low, ours = (statistics.median(times[k]) for k in ("bytes", "lrdiag"))
    print(f"{folder}: bytes {low * 1e3:.0f} ms, lrdiag {ours * 1e3:.0f} ms, x{ours / low:.2f}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make", "run", "floor"])
    parser.add_argument("folder")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--peers", default="lrdiag,rustboard")
    parser.add_argument("-n", type=int, default=5, help="rounds")
    given = parser.parse_args()
    folder = str(Path(given.folder).resolve())
    if given.what == "make":
        for shape in given.shapes.split(","):
            writer = make_tables if shape.startswith("table") else make
            writer(Path(folder), shape, given.points)
    elif given.what == "run":
        run(folder, given.peers.split(","), given.n)
    else:
        floor(folder, given.n)


if __name__ == "__main__":
    main()
