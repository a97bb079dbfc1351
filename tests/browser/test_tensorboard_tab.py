"""The Health tab in a real TensorBoard, seen by a real browser."""

from __future__ import annotations

import json
import math
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = '<img src=x onerror="window.CANARY=1">|\x1b[2J'

pytestmark = [pytest.mark.browser, pytest.mark.server]


def write_run(folder: Path, epochs: range, *, rising: float = 0.0, hostile: bool = False) -> None:
    written = pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    rng = random.Random(folder.name)
    writer = written.SummaryWriter(str(folder))
    for e in epochs:
        train = 0.3 + 2 * math.exp(-e / 10) + rng.gauss(0, 0.005)
        writer.add_scalar("lr", 0.1 if e < 30 else 0.01, e)
        writer.add_scalar("train/loss", train, e)
        writer.add_scalar("val/loss", train + 0.1 + rising * max(e - 34, 0), e)
        if hostile:
            # tensorboardX cleans tag names; the summary is written by hand.
            from tensorboardX.proto.summary_pb2 import Summary

            value = Summary.Value(tag=HOSTILE, simple_value=train)
            writer.file_writer.add_summary(Summary(value=[value]), e)
    writer.close()


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("logdir")
    write_run(folder / "sick", range(80), rising=0.02, hostile=True)
    write_run(folder / "fine", range(80))
    broken = folder / "broken"
    write_run(broken, range(40))
    file = next(broken.glob("events*"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 60] = b"\xff" * 60
    file.write_bytes(data)
    return folder


def entry_point(folder: Path) -> Path:
    """A folder that declares the plugin, as an installed lrdiag does."""
    info = folder / "lrdiag-0.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lrdiag\nVersion: 0.0.0\n")
    line = "lrdiag = lrdiag.tensorboard_tab.plugin:HealthTab"
    assert line.split(" = ")[1] in (ROOT / "pyproject.toml").read_text("utf-8")
    (info / "entry_points.txt").write_text(f"[tensorboard_plugins]\n{line}\n")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def wait_for(question, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = question()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"no answer within {seconds} s")


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast loader", "python loader"])
def server(request, logdir, tmp_path_factory):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    extra = entry_point(tmp_path_factory.mktemp("site") / "packages")
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    arguments = ["--logdir", str(logdir), "--port", str(port), "--host", "127.0.0.1",
                 "--load_fast", request.param]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(extra), str(ROOT)))}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", *arguments], stdout=out, stderr=out, env=env
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: b"lrdiag_health" in read(f"{url}/data/plugins_listing"))
        yield url
        assert process.poll() is None, log.read_text("utf-8", errors="replace")
        assert "Traceback" not in log.read_text("utf-8", errors="replace")
    finally:
        process.terminate()
        process.wait(20)


def status(url: str) -> dict:
    found = json.loads(read(f"{url}/data/plugin/lrdiag_health/status"))
    assert found["state"] != "failed", found
    return found


def test_the_tab_shows_the_findings_of_the_logdir(server, chromium):
    wait_for(lambda: status(server)["state"] == "ready")
    chromium.get(f"{server}/#lrdiag_health")

    def report_shown():
        chromium.switch_to.default_content()
        frames = chromium.find_elements("css selector", "iframe[src*=lrdiag_health]")
        if not frames:
            return None
        chromium.switch_to.frame(frames[0])
        inner = chromium.find_elements("css selector", "iframe")
        if not inner:
            return None
        chromium.switch_to.frame(inner[0])
        text = chromium.find_element("css selector", "body").text
        return text if "Training health" in text else None

    text = wait_for(report_shown)
    for piece in ("unhealthy", "sick", "fine", "broken", "overfitting"):
        assert piece in text
    assert "Problems with the logs" in text
    assert chromium.find_elements("css selector", "svg.chart .drop")
    assert chromium.execute_script("return window.CANARY") is None
    assert chromium.find_elements("css selector", "#table th button"), "the page's script runs"
    link = chromium.find_element("css selector", ".finding a[target=_top]")
    assert link.get_attribute("href").startswith(f"{server}/?tagFilter=")
    assert link.get_attribute("href").endswith("loss%24#timeseries")
    chromium.switch_to.default_content()
    # The other tabs still work.
    assert "lr" in read(f"{server}/data/plugin/scalars/tags").decode()


def test_the_tab_follows_a_growing_log(server, logdir):
    before = wait_for(lambda: (s := status(server))["state"] == "ready" and s)["stamp"]
    write_run(logdir / f"new{free_port()}", range(30))
    after = wait_for(lambda: status(server)["stamp"] > before)
    assert after
    page = read(f"{server}/data/plugin/lrdiag_health/page").decode()
    assert "new" in page


def test_the_answers_are_safe_to_serve(server):
    wait_for(lambda: status(server)["stamp"])
    for path, kind in (("index.js", "application/javascript"), ("page", "text/html")):
        with urllib.request.urlopen(f"{server}/data/plugin/lrdiag_health/{path}") as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Type"].startswith(kind)
    page = read(f"{server}/data/plugin/lrdiag_health/page").decode()
    assert HOSTILE not in page
    assert "<img" not in page
