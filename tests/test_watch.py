"""`lrdiag watch`: findings appear and clear, the exit code, commands without a shell."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lrdiag.config import Config
from lrdiag.errors import ConfigError
from lrdiag.findings import Finding, Severity, Status, Verdict
from lrdiag.watch import Watcher, watch
from lrdiag.watching.changes import WatchEvent
from lrdiag.watching.command import parse_command, run_command

ROOT = Path(__file__).parent.parent


def rows(values, first=0):
    return "".join(f"{first + i},{1 / (first + i + 1):.4f},{v:.4f}\n" for i, v in enumerate(values))


HEALTHY = [2 - 0.05 * i for i in range(20)]
OVERFITTING = [1.0 + 0.08 * i for i in range(20)]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("epoch,train_loss,val_loss\n" + rows(HEALTHY))
    return path


def append(log, text):
    with log.open("a") as file:
        file.write(text)


def test_a_finding_appears_once_and_clears(log):
    watcher = Watcher([log.parent], Config())
    assert [e.kind for e in watcher.look()] == ["verdict"]
    append(log, rows(OVERFITTING, 20))
    appeared = [e.finding.rule for e in watcher.look() if e.kind == "appeared"]
    assert "overfitting" in appeared
    assert watcher.unhealthy
    assert list(watcher.look()) == []
    log.write_text("epoch,train_loss,val_loss\n" + rows(HEALTHY))
    cleared = [e.finding.rule for e in watcher.look() if e.kind == "cleared"]
    assert "overfitting" in cleared
    assert not watcher.unhealthy


def test_only_new_bytes_are_read(log):
    watcher = Watcher([log.parent], Config())
    list(watcher.look())
    before = watcher.bytes_read
    assert before == log.stat().st_size
    text = rows([1.0], 20)
    append(log, text)
    list(watcher.look())
    assert watcher.bytes_read - before == len(text)


def test_runs_that_appear_later_are_followed(log):
    watcher = Watcher([log.parent], Config())
    list(watcher.look())
    later = log.parent / "later" / "metrics.csv"
    later.parent.mkdir()
    later.write_text("epoch,train_loss,val_loss\n" + rows(OVERFITTING))
    assert "later/metrics.csv" in {e.run for e in watcher.look()}


def test_a_path_that_does_not_exist_yet_is_waited_for(tmp_path):
    watcher = Watcher([tmp_path / "soon"], Config())
    assert list(watcher.look()) == []
    (tmp_path / "soon").mkdir()
    (tmp_path / "soon" / "a.csv").write_text("epoch,train_loss,val_loss\n" + rows(HEALTHY))
    assert [e.kind for e in watcher.look()] == ["verdict"]


def test_watch_ends_when_unhealthy_and_when_idle(log):
    waits = []
    watcher = Watcher([log.parent], Config())

    def sleep(seconds):
        waits.append(seconds)
        append(log, rows(OVERFITTING, 20))

    events = list(watch(watcher, 7.0, until_unhealthy=True, sleep=sleep))
    assert waits == [7.0]
    assert events[-1].verdict is Verdict.UNHEALTHY
    assert list(watch(Watcher([log.parent], Config()), 1.0, idle_seconds=0.0, sleep=sleep))


def run_cli(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "lrdiag", "watch", "--interval", "0.1", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_command_line_beside_a_training(log, tmp_path):
    hook = tmp_path / "hook.py"
    hook.write_text(
        "import json, os, sys\n"
        f"with open({str(tmp_path / 'told')!r}, 'a') as told:\n"
        "    event = json.load(sys.stdin)\n"
        "    json.dump([os.environ['LRDIAG_RULE'], event['run'], sys.argv[1:]], told)\n"
        "    told.write(chr(10))\n"
    )
    command = f"{sys.executable} {hook} '$(touch {tmp_path}/pwned)'"
    process = run_cli(str(log.parent), "--until-unhealthy", "--exec", command)
    assert "healthy" in process.stdout.readline()
    append(log, rows(OVERFITTING, 20))
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "overfitting (error)" in out
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert ["overfitting", "metrics.csv", [f"$(touch {tmp_path}/pwned)"]] in told
    assert not (tmp_path / "pwned").exists()


def test_interrupt_ends_the_watch_quietly(log):
    process = run_cli(str(log.parent), "--format", "jsonl")
    assert json.loads(process.stdout.readline())["kind"] == "verdict"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_nothing_ever_found_is_exit_code_3(tmp_path):
    process = run_cli(str(tmp_path), "--idle", "0")
    process.communicate(timeout=60)
    assert process.returncode == 3


def hostile():
    finding = Finding("r", Status.FAILED, Severity.ERROR, message="; rm -rf \0 `x` $(y)")
    return WatchEvent("appeared", "a; touch pwned; \ud800\x00", Verdict.UNHEALTHY, finding)


def test_hostile_names_reach_the_command_as_data_only(tmp_path):
    script = tmp_path / "show.py"
    script.write_text(
        f"import os, sys; open({str(tmp_path / 'seen')!r}, 'w').write("
        "repr((os.environ['LRDIAG_RUN'], sys.argv[1:])))"
    )
    assert run_command([sys.executable, str(script)], hostile()) == ""
    assert "touch pwned" in (tmp_path / "seen").read_text()
    assert (tmp_path / "seen").read_text().endswith("[])")


def test_a_command_that_fails_is_told_and_the_watch_goes_on(monkeypatch):
    python = sys.executable
    assert "exit code 3" in run_command([python, "-c", "raise SystemExit(3)"], hostile())
    assert "No such file" in run_command(["/no/such/command"], hostile())
    monkeypatch.setattr("lrdiag.watching.command.SECONDS", 0.2)
    assert "ended after" in run_command([python, "-c", "import time; time.sleep(60)"], hostile())


def test_commands_are_split_without_expansion():
    assert parse_command("a 'b c' $HOME;d") == ["a", "b c", "$HOME;d"]
    for bad in ("", "a 'b"):
        with pytest.raises(ConfigError, match="--exec"):
            parse_command(bad)


def test_an_accepted_finding_ends_no_training(log):
    append(log, rows(OVERFITTING, 20))
    accepted = {"rule": "overfitting", "reason": "known", "owner": "me", "expires": "2999-01-01"}
    watcher = Watcher([log.parent], Config(suppressions=(accepted,)))
    assert "overfitting" not in [e.finding.rule for e in watcher.look() if e.finding]
    assert not watcher.unhealthy


TRAINING = """
import importlib, sys, time
from pathlib import Path

folder, go, first, stop, rising, writer = *sys.argv[1:3], *map(int, sys.argv[3:6]), sys.argv[6]
writer = importlib.import_module(writer).SummaryWriter(folder, flush_secs=1)
for epoch in range(first, stop):
    past = epoch - rising
    writer.add_scalar("train/loss", 1 / (epoch + 1), epoch)
    writer.add_scalar("val/loss", 2 - 0.05 * epoch if past < 0 else 1 + 0.08 * past, epoch)
    writer.flush()
    time.sleep(0.01)
if go:
    while not Path(go).exists():
        time.sleep(0.05)
writer.close()
"""


@pytest.mark.parametrize("writer", ["tensorboardX", "torch.utils.tensorboard"])
def test_beside_a_real_training_that_is_restarted(tmp_path, writer):
    pytest.importorskip(writer.split(".")[0])
    logs = tmp_path / "logs"

    def train(first, stop, rising=1000):
        go = tmp_path / "go"
        arguments = [logs, go, first, stop, rising, writer]
        return subprocess.Popen([sys.executable, "-c", TRAINING, *map(str, arguments)])

    crashed = train(0, 25)
    process = run_cli(str(logs), "--until-unhealthy", "--idle", "120")
    assert "healthy" in process.stdout.readline()
    crashed.kill()  # no close, no last flush
    crashed.wait()
    resumed = train(18, 45, rising=24)  # a new event file in the same folder, steps going back
    try:
        out, errors = process.communicate(timeout=120)
    finally:
        (tmp_path / "go").touch()
        resumed.wait(timeout=60)
    assert process.returncode == 1, errors
    assert "overfitting (error)" in out
    assert "Traceback" not in errors


def test_a_cleared_finding_is_printed(log):
    process = run_cli(str(log.parent))
    assert "healthy" in process.stdout.readline()
    append(log, rows(OVERFITTING, 20))
    lines = []
    while "overfitting (error)" not in (line := process.stdout.readline()):
        lines.append(line)
        assert line, lines
    log.write_text("epoch,train_loss,val_loss\n" + rows(HEALTHY))
    while "overfitting cleared" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


if os.name == "nt":
    pytest.skip("signals differ on Windows", allow_module_level=True)
