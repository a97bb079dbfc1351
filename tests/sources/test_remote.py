"""Logs in a bucket: read like a folder, followed by their new bytes, faults retried."""

import os
import sys
from pathlib import Path

import pytest

from lrdiag.errors import SourceError
from lrdiag.fleet.renaming import replacing
from lrdiag.sources.remote import local_copies
from lrdiag.sources.remote_reading import Patience
from lrdiag.sources.tree import discover, read_location

moto_server = pytest.importorskip("moto.server")
s3fs = pytest.importorskip("s3fs")
sys.path.insert(0, str(Path(__file__).parent))
from faulty_proxy import FaultyProxy  # noqa: E402

QUICK = Patience(tries=4, pause=0.01, timeout=1.0)
ROWS = "step,loss,lr\n" + "".join(f"{i},{1 / (i + 1):.5f},0.1\n" for i in range(200))


@pytest.fixture(scope="module")
def moto():
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture(scope="module")
def system(moto):
    # s3fs names the region of its environment as the place of a new bucket; moto wants none.
    return s3fs.S3FileSystem(
        endpoint_url=f"http://127.0.0.1:{moto}",
        key="test",
        secret="test",
        skip_instance_cache=True,
    )


@pytest.fixture
def proxy(moto, monkeypatch):
    found = FaultyProxy(moto)
    for name, value in {
        "AWS_ENDPOINT_URL": found.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield found
    found.close()


@pytest.fixture
def bucket(proxy, system, request):
    name = f"logs-{abs(hash(request.node.name)) % 10**9}"
    system.mkdir(name)
    system.pipe_file(f"{name}/run1/metrics.csv", ROWS.encode())
    system.pipe_file(f"{name}/run1/hparams.yaml", b"lr: 0.1\n")
    system.pipe_file(f"{name}/run2/metrics.csv", ROWS.encode())
    return name, system


def runs(copies):
    found = discover(copies.paths)
    return {place.name: read_location(place) for place in found.locations}


def test_a_bucket_is_read_like_a_folder(bucket, tmp_path):
    with local_copies([f"s3://{bucket[0]}"], tmp_path, QUICK) as copies:
        found = runs(copies)
        assert sorted(found) == ["run1/metrics.csv", "run2/metrics.csv"]
        assert len(found["run1/metrics.csv"].series["loss"]) == 200
        rename = replacing(copies.names)
        path = found["run1/metrics.csv"].sources[0].path
        assert rename(path) == f"s3://{bucket[0]}/run1/metrics.csv"
    assert copies.problems == []


def test_analyze_and_watch_speak_of_urls(bucket, tmp_path):
    from lrdiag.config import Config
    from lrdiag.diagnose import analyze_paths
    from lrdiag.watch import Watcher

    name, system = bucket
    url = f"s3://{name}/run2/metrics.csv"
    report = analyze_paths([url], Config(), copies_folder=tmp_path)
    assert report.runs[0].sources[0].path == url
    watcher = Watcher([url], Config())
    assert [event.kind for event in watcher.look()] == ["verdict"]
    before = watcher.bytes_read
    system.pipe_file(f"{name}/run2/metrics.csv", (ROWS + "200,0.005,0.1\n").encode())
    list(watcher.look())
    assert watcher.bytes_read - before == len("200,0.005,0.1\n")
    assert watcher.reports[0].series["loss"].points == 201
    assert watcher.reports[0].sources[0].path == url


def test_one_object_is_read_like_a_file(bucket, tmp_path):
    with local_copies([f"s3://{bucket[0]}/run1/metrics.csv"], tmp_path, QUICK) as copies:
        (run,) = runs(copies).values()
        assert len(run.series["loss"]) == 200


def test_without_a_folder_nothing_is_left_behind(bucket):
    with local_copies([f"s3://{bucket[0]}"], None, QUICK) as copies:
        assert Path(copies.paths[0]).is_dir()
    assert not Path(copies.paths[0]).exists()


def test_unchanged_objects_are_not_fetched_again(bucket, tmp_path, proxy):
    with local_copies([f"s3://{bucket[0]}"], tmp_path, QUICK) as first:
        assert first.bytes_fetched == 2 * len(ROWS) + len("lr: 0.1\n")
    proxy.ranges.clear()
    with local_copies([f"s3://{bucket[0]}"], tmp_path, QUICK) as second:
        assert second.bytes_fetched == 0
        assert len(runs(second)) == 2
    assert proxy.ranges == []


def test_of_a_grown_object_only_new_bytes_are_fetched(bucket, tmp_path):
    name, system = bucket
    with local_copies([f"s3://{name}"], tmp_path, QUICK):
        pass
    system.pipe_file(f"{name}/run2/metrics.csv", (ROWS + "200,0.005,0.1\n").encode())
    with local_copies([f"s3://{name}"], tmp_path, QUICK) as copies:
        assert copies.bytes_fetched == 256 + len("200,0.005,0.1\n")
        assert len(runs(copies)["run2/metrics.csv"].series["loss"]) == 201


def test_a_rewritten_object_is_fetched_whole_and_a_deleted_one_goes(bucket, tmp_path):
    name, system = bucket
    with local_copies([f"s3://{name}"], tmp_path, QUICK):
        pass
    other = ROWS.replace("0.1\n", "0.2\n") + "200,1,1\n"
    system.pipe_file(f"{name}/run2/metrics.csv", other.encode())
    system.rm_file(f"{name}/run1/metrics.csv")
    with local_copies([f"s3://{name}"], tmp_path, QUICK) as copies:
        found = runs(copies)
        assert list(found) == ["run2/metrics.csv"]
        assert found["run2/metrics.csv"].series["lr"].value[0] == 0.2


@pytest.mark.parametrize("fault", ["drop", "503", "slow"])
def test_faults_are_retried_and_reported(bucket, tmp_path, proxy, fault):
    proxy.faults.extend([fault, fault])
    with local_copies([f"s3://{bucket[0]}/run1/metrics.csv"], tmp_path, QUICK) as copies:
        (run,) = runs(copies).values()
        assert len(run.series["loss"]) == 200
    (problem,) = copies.problems
    assert problem.kind == "retried"
    assert "2 requests failed" in problem.message
    assert problem.file == f"s3://{bucket[0]}/run1/metrics.csv"


def test_a_file_that_never_comes_is_named_and_the_others_are_read(bucket, tmp_path, proxy):
    proxy.faults.extend(["503"] * QUICK.tries)
    with local_copies([f"s3://{bucket[0]}/"], tmp_path, QUICK) as copies:
        assert "run2/metrics.csv" in runs(copies)
    lost = [p for p in copies.problems if p.severity == "error"]
    assert len(lost) == 1
    assert lost[0].file.startswith(f"s3://{bucket[0]}/run1/")
    assert "4 times in a row" in lost[0].message


def test_checkpoints_are_not_downloaded(bucket, tmp_path):
    name, system = bucket
    system.pipe_file(f"{name}/run1/model.ckpt", b"x" * 10)
    system.pipe_file(f"{name}/run1/weights", os.urandom(1_500_000))
    with local_copies([f"s3://{name}"], tmp_path, QUICK) as copies:
        assert copies.bytes_fetched < 200_000
    reasons = dict(copies.left_out)
    assert reasons[f"s3://{name}/run1/model.ckpt"] == ".ckpt files are no logs"
    assert "no log format" in reasons[f"s3://{name}/run1/weights"]


def test_what_is_not_there_is_a_clear_error(bucket, tmp_path):
    with (
        pytest.raises(SourceError, match="s3://no-such-bucket"),
        local_copies(["s3://no-such-bucket-here/x"], tmp_path, QUICK),
    ):
        pass


@pytest.mark.parametrize("command", ["analyze", "gate", "schedule", "export", "sweep", "compare"])
def test_every_command_takes_urls(bucket, command):
    from click.testing import CliRunner

    from lrdiag.cli.main import cli

    urls = [f"s3://{bucket[0]}/run1", f"s3://{bucket[0]}/run2"]
    wide = {"COLUMNS": "200"}  # a narrow table cuts the names of runs
    done = CliRunner(env=wide).invoke(cli, [command, *urls])
    assert done.exit_code in (0, 1, 3), done.output
    assert "Traceback" not in done.output
    assert "lrdiag-" not in done.output  # no path of a copy
    if command == "gate":  # names only what does not pass
        assert "passed (2 runs)" in done.output
    else:
        assert f"s3://{bucket[0]}/run2" in done.output


def test_missing_credentials_are_said_at_once(proxy, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with (
        pytest.raises(SourceError, match="credentials") as error,
        local_copies(["s3://some/m.csv"], tmp_path, QUICK),
    ):
        pass
    assert "in a row" not in error.value.what
    assert "credentials" in error.value.action
