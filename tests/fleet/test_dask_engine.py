"""The dask engine against a real scheduler and real workers on loopback."""

import os
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from lrdiag.fleet.executors import ExecutorError, choose_executor

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.server
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import fleet_fakes as fakes  # noqa: E402


@pytest.fixture(scope="module")
def cluster():
    import dask

    patience = {
        # One more try after a worker's death, not three: each means a new process to wait for.
        "distributed.scheduler.allowed-failures": 1,
        # On a busy machine a worker needs more than 15 s to start again; LocalCluster forgets it.
        "distributed.deploy.lost-worker-timeout": "300 s",
    }
    with dask.config.set(patience), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(HERE.parent.parent)]))
        with distributed.LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=60,
        ) as cluster:
            yield cluster


@pytest.fixture
def cluster_of(cluster):
    """Scale the cluster; tests ask for growing numbers, so that workers start only once."""

    def start(workers):
        cluster.scale(workers)
        with distributed.Client(cluster, set_as_default=False) as client:
            client.wait_for_workers(workers) if workers else None
        return cluster.scheduler_address.replace("tcp://", "dask://")

    return start


def test_no_workers_is_a_clear_error(cluster_of, monkeypatch):
    monkeypatch.setattr("lrdiag.fleet.dask_engine.WORKER_SECONDS", 0.3)
    with pytest.raises(ExecutorError, match="no workers"):
        list(choose_executor(engine=cluster_of(0))(fakes.echo, fakes.locations(2)))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_each_run_once_in_order(cluster_of, workers):
    places = fakes.locations(40)
    reports = list(choose_executor(engine=cluster_of(workers))(fakes.breaks_on_seven, places))
    assert [r.run for r in reports] == [p.name for p in places]
    assert [r.run for r in reports if r.problems] == ["run0007"]
    pids = {r.params["pid"] for r in reports if r.params}
    assert len(pids) <= workers
    assert os.getpid() not in pids


def test_a_worker_killed_half_way_loses_and_doubles_nothing(cluster_of, tmp_path):
    places = fakes.locations(60)
    work = fakes.DiesOnce(tmp_path, name="run0030")
    reports = list(choose_executor(engine=cluster_of(4))(work, places))
    assert (tmp_path / "run0030").exists()
    assert Counter(r.run for r in reports) == Counter(p.name for p in places)
    assert not [r for r in reports if r.problems]


def test_paths_come_back_as_they_were_given(cluster_of):
    places = fakes.locations(2)
    reports = list(choose_executor(engine=cluster_of(4))(fakes.fails_with_path, places))
    assert [r.problems[0].file for r in reports] == ["run0000", "run0001"]


def test_no_scheduler_is_a_clear_error(monkeypatch):
    monkeypatch.setattr("lrdiag.fleet.dask_engine.CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ExecutorError, match="no dask scheduler answers") as caught:
        list(choose_executor(engine=f"dask://127.0.0.1:{port}")(fakes.echo, fakes.locations(2)))
    assert "dask scheduler" in caught.value.action


def test_workers_with_another_lrdiag_are_refused(cluster_of, monkeypatch):
    address = cluster_of(4)
    monkeypatch.setattr("lrdiag.fleet.versions.code_content", lambda: "another")
    with pytest.raises(ExecutorError, match="another one"):
        list(choose_executor(engine=address)(fakes.echo, fakes.locations(2)))


def test_a_run_that_kills_every_worker_is_reported_and_its_bundle_finished(cluster_of):
    places = fakes.locations(40)
    cluster_of(0)  # fewer workers than before: only two have to start again at a time
    reports = list(choose_executor(engine=cluster_of(2))(fakes.dies_on_seven, places))
    assert [r.run for r in reports] == [p.name for p in places]
    assert [r.run for r in reports if r.problems] == ["run0007"]


def test_a_cluster_that_lost_all_its_workers_is_a_clear_error(cluster_of, tmp_path, monkeypatch):
    address = cluster_of(2)
    monkeypatch.setattr("lrdiag.fleet.dask_engine.WORKER_SECONDS", 1.0)
    reports = choose_executor(engine=address)(fakes.Slow(tmp_path), fakes.locations(400))
    assert next(reports).run == "run0000"
    cluster_of(0)
    with pytest.raises(ExecutorError, match="no workers any more"):
        list(reports)
