"""Executors: each run once and in order, whatever happens to one of them."""

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lrdiag.fleet import executors
from lrdiag.fleet.executors import ExecutorError, ProcessPool, choose_executor, sequential

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import fleet_fakes as fakes  # noqa: E402


@pytest.fixture(autouse=True)
def _fakes_on_workers_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(HERE.parent.parent)]))


def names(reports):
    return [report.run for report in reports]


def test_pool_yields_each_run_once_in_order_from_other_processes():
    places = fakes.locations(60)
    reports = list(ProcessPool(2)(fakes.echo, places))
    assert names(reports) == names_of(places)
    pids = {report.params["pid"] for report in reports}
    assert os.getpid() not in pids
    assert len(pids) <= 2


def names_of(places):
    return [place.name for place in places]


def test_few_small_runs_stay_in_this_process():
    reports = list(ProcessPool(2)(fakes.echo, fakes.locations(5)))
    assert {report.params["pid"] for report in reports} == {os.getpid()}


def test_few_large_runs_are_worth_a_pool(tmp_path):
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(executors.SMALL_BYTES)
    places = [fakes.location("a", large), fakes.location("b", large)]
    assert not executors.is_small(places)
    assert executors.is_small(places[:1])


@pytest.mark.parametrize("mapper", [sequential, ProcessPool(2)])
def test_a_run_that_raises_is_reported_and_the_others_finish(mapper):
    places = fakes.locations(30)
    reports = list(mapper(fakes.breaks_on_seven, places))
    assert names(reports) == names_of(places)
    broken = [report for report in reports if report.problems]
    assert names(broken) == ["run0007"]
    assert "RuntimeError: seven" in broken[0].problems[0].message
    assert broken[0].verdict == "undecided"


def test_a_run_that_kills_its_worker_is_reported_and_the_others_finish():
    places = fakes.locations(40)
    reports = list(ProcessPool(2)(fakes.dies_on_seven, places))
    assert names(reports) == names_of(places)
    assert names(r for r in reports if r.problems) == ["run0007"]


def test_a_worker_killed_once_loses_nothing(tmp_path):
    places = fakes.locations(40)
    reports = list(ProcessPool(2)(fakes.DiesOnce(tmp_path), places))
    assert names(reports) == names_of(places)
    assert not [r for r in reports if r.problems]


def test_runs_in_flight_are_bounded(tmp_path):
    work = fakes.Slow(tmp_path)
    reports = ProcessPool(2)(work, fakes.locations(300))
    next(reports)
    reports.close()
    begun = len(list(tmp_path.iterdir()))
    assert begun <= (2 * executors.WINDOW_PER_WORKER + 1) * executors.BUNDLE


def test_interrupt_ends_workers_and_prints_no_worker_traceback(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        import fleet_fakes as fakes
        from lrdiag.fleet.executors import ProcessPool
        if __name__ == "__main__":
            try:
                slow = fakes.Slow(Path({str(tmp_path)!r}))
                for report in ProcessPool(2)(slow, fakes.locations(500)):
                    print(report.params["pid"], flush=True)
            except KeyboardInterrupt:
                sys.exit(130)
        """)
    )
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    worker = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        wait_until_gone(worker)


def wait_until_gone(pid):
    import time

    for _ in range(200):
        os.kill(pid, 0)
        time.sleep(0.05)


def test_engine_names():
    assert choose_executor(1) is sequential
    assert choose_executor(3) == ProcessPool(3)
    assert isinstance(choose_executor(None), ProcessPool) or executors.available_cores() == 1
    with pytest.raises(ExecutorError, match="not known"):
        choose_executor(2, "spark://x")


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is not None, reason="distributed is installed"
)
def test_dask_missing_is_said():
    with pytest.raises(ExecutorError, match=r"lrdiag\[dask\]"):
        list(choose_executor(1, "dask://127.0.0.1:1")(fakes.echo, fakes.locations(1)))


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_workers_end_when_their_parent_is_killed(tmp_path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import fleet_fakes as fakes\n"
        "from lrdiag.fleet.executors import ProcessPool\n"
        "if __name__ == '__main__':\n"
        "    for report in ProcessPool(2)(fakes.pid_slowly, fakes.locations(500)):\n"
        "        print(report.params['pid'], flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(HERE)]
    main = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    workers = {int(main.stdout.readline()) for _ in range(8)}
    main.kill()
    main.wait()
    for _ in range(600):
        if not any(alive(pid) for pid in workers):
            return
        time.sleep(0.1)
    pytest.fail(f"of the workers {workers} some still live")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_script_without_a_guard_is_told_once_not_run_again_and_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import fleet_fakes as fakes\n"
        "from lrdiag.fleet.executors import ProcessPool\n"
        "list(ProcessPool(2)(fakes.echo, fakes.locations(60)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ExecutorError: The worker processes end before they begin" in done.stderr
    assert "__name__ == '__main__'" in done.stderr
