"""Other places than buckets, and what is said where one cannot be read."""

import http.server
import importlib.util
import threading
from functools import partial

import pytest

from lrdiag.errors import SourceError
from lrdiag.sources import remote_reading
from lrdiag.sources.remote import is_url, local_copies, shown_url
from lrdiag.sources.remote_reading import Patience
from lrdiag.sources.tree import discover, read_location

QUICK = Patience(tries=4, pause=0.01, timeout=1.0)
ROWS = "step,loss,lr\n" + "".join(f"{i},{1 / (i + 1):.5f},0.1\n" for i in range(200))


def runs(copies):
    found = discover(copies.paths)
    return {place.name: read_location(place) for place in found.locations}


def test_names_that_would_leave_the_folder_are_refused():
    from lrdiag.sources.remote import unsafe_name

    for name in ("../evil.csv", "a/../../evil.csv", "/etc/passwd", "a//b", "a\0b", "a\\b", "./a"):
        assert unsafe_name(name), name
    for name in ("", "a.csv", "run 1/…/metrics.csv", "..a/b"):
        assert not unsafe_name(name), name


def test_a_protocol_nobody_knows_is_a_clear_error(tmp_path):
    with (
        pytest.raises(SourceError, match="nonsense"),
        local_copies(["nonsense://x/y"], tmp_path, QUICK),
    ):
        pass


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_a_plain_web_server(tmp_path):
    pytest.importorskip("aiohttp")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "metrics.csv").write_text(ROWS)
    handler = partial(_Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/metrics.csv"
        with local_copies([url], tmp_path / "copies", QUICK) as copies:
            (run,) = runs(copies).values()
            assert len(run.series["loss"]) == 200
        server.shutdown()


def test_a_server_that_gives_only_whole_files(tmp_path, monkeypatch):
    """Python's own web server knows no ranges: a log that grew stayed as first read."""
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote_reading, "BLOCK", 1000)
    log = tmp_path / "served" / "metrics.csv"
    log.parent.mkdir()
    log.write_text(ROWS)
    handler = partial(_Quiet, directory=str(log.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/metrics.csv"
        for rows in (200, 201, 202):
            with local_copies([url], tmp_path / "copies", QUICK) as copies:
                (run,) = runs(copies).values()
                assert len(run.series["loss"]) == rows
                assert copies.problems == []
            log.write_text(log.read_text() + f"{rows},0.005,0.1\n")
        server.shutdown()


def test_plain_paths_pass_and_secrets_are_not_shown(tmp_path):
    assert not is_url("a/b.csv")
    assert not is_url(tmp_path)
    assert is_url("gs://bucket/x")
    assert shown_url("https://me:secret@host/x.csv?X-Sig=secret") == "https://host/x.csv"
    with local_copies([tmp_path, f"file://{tmp_path}/x"]) as copies:
        assert copies.paths == [tmp_path, f"{tmp_path}/x"]


class _Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(
    ("status", "said"), [(404, "nothing is there"), (403, "403"), (503, "503.*4 times in a row")]
)
def test_a_web_servers_fault_is_told_apart_without_its_secrets(tmp_path, status, said):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_address[1]}/{status}/m.csv"
        with (
            pytest.raises(SourceError, match=said) as error,
            local_copies([f"http://me:SECRET@{place}?sig=TOKEN"], tmp_path, QUICK),
        ):
            pass
        server.shutdown()
    assert "SECRET" not in str(error.value)
    assert "TOKEN" not in str(error.value)


def test_a_host_that_cannot_be_reached_is_said_so(tmp_path):
    with (
        pytest.raises(SourceError, match="times in a row"),
        local_copies(["http://127.0.0.1:9/m.csv"], tmp_path, QUICK),
    ):
        pass


def test_any_other_file_system_of_fsspec(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/logs/run/metrics.csv", ROWS.encode())
    with local_copies(["memory://logs/run"], tmp_path, QUICK) as copies:
        (run,) = runs(copies).values()
        assert len(run.series["loss"]) == 200
    memory.pipe_file("/logs/run/metrics.csv", (ROWS + "200,0.005,0.1\n").encode())
    with local_copies(["memory://logs/run"], tmp_path, QUICK) as copies:
        assert copies.bytes_fetched == 256 + len("200,0.005,0.1\n")
    memory.rm("/logs", recursive=True)


def test_a_missing_package_is_named(tmp_path):
    if importlib.util.find_spec("gcsfs"):
        pytest.skip("gcsfs is installed")
    with (
        pytest.raises(SourceError, match="gcsfs"),
        local_copies(["gs://bucket/x"], tmp_path, QUICK),
    ):
        pass


def test_secrets_that_an_error_repeats_are_left_out():
    from lrdiag.sources.remote_reading import without_secrets

    text = "cannot reach https://me:SECRET@host/a?token=TOKEN, url='http://h/b?X-Sig=TOKEN'"
    assert without_secrets(text) == "cannot reach https://host/a, url='http://h/b'"
