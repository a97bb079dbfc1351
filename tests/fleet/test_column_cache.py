"""Grown event files are read from where they ended, and give what a cold reading gives."""

import os
import struct
import subprocess
import sys

import google_crc32c
import numpy as np
import pytest

from lrdiag.fleet import column_cache as module
from lrdiag.fleet.cache import CachedMapper
from lrdiag.fleet.column_cache import ColumnCache, WithColumns, shrink
from lrdiag.fleet.executors import sequential
from lrdiag.fleet.store import Store, clear_folder
from lrdiag.sources import reading_memory
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.reading_memory import remembering
from lrdiag.sources.tree import discover, read_location


def frame(payload):
    def masked(data):
        crc = google_crc32c.value(data)
        return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)

    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def point(step, tag="train/loss", value=1.0):
    inner = b"\x0a" + varint(len(tag)) + tag.encode() + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + varint(len(inner)) + inner
    head = b"\x09" + struct.pack("<d", 1e9 + step) + b"\x10" + varint(step)
    return frame(head + b"\x2a" + varint(len(summary)) + summary)


def session_start(step):
    head = b"\x09" + struct.pack("<d", 1e9 + step) + b"\x10" + varint(step)
    return frame(head + b"\x3a\x02\x08\x01")


VERSION = frame(b"\x09" + struct.pack("<d", 1e9) + b"\x1a\x0dbrain.Event:2")


def points(first, last):
    found = b""
    for step in range(first, last):
        found += point(step, value=1 / (step + 1)) + point(step, "val/loss", 2 / (step + 1))
    return found


@pytest.fixture(autouse=True)
def _small_files_count_as_large(monkeypatch):
    monkeypatch.setattr(reading_memory, "LEAST_BYTES", 100)
    monkeypatch.setattr(module, "_SETTLED_NS", -(10**18))


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "logs" / "events.out.tfevents.1.host"
    file.parent.mkdir()
    file.write_bytes(VERSION + points(0, 200))
    return file


@pytest.fixture
def cache(tmp_path):
    return ColumnCache(tmp_path / "cache" / "columns")


@pytest.fixture
def begun_at(monkeypatch):
    """Offsets at which readings began."""
    seen = []
    read = EventReader.read_new

    def noting(self, *limits):
        seen.append(self.offset)
        read(self, *limits)

    monkeypatch.setattr(EventReader, "read_new", noting)
    return seen


def read(log, cache=None):
    (place,) = discover([log.parent]).locations
    if cache is None:
        return read_location(place)
    with remembering(cache):
        return read_location(place)


def same(one, other):
    assert one.series.keys() == other.series.keys()
    for tag, series in one.series.items():
        for name in ("step", "wall_time", "value"):
            np.testing.assert_array_equal(getattr(series, name), getattr(other.series[tag], name))
        assert series.superseded == other.series[tag].superseded
        assert series.restarts == other.series[tag].restarts
    assert (one.problems, one.sources, one.params, one.texts) == (
        other.problems, other.sources, other.params, other.texts
    )  # fmt: skip


def test_grown_file_is_read_from_where_it_ended(log, cache, begun_at):
    read(log, cache)
    size = log.stat().st_size
    with log.open("ab") as file:
        file.write(points(200, 260))
    warm = read(log, cache)
    assert begun_at == [0, size]
    same(warm, read(log))
    assert len(warm.series["train/loss"]) == 260


def test_unchanged_file_is_not_read(log, cache, begun_at):
    read(log, cache)
    same(read(log, cache), read(log))
    assert begun_at == [0, log.stat().st_size, 0]


def test_grows_many_times_with_records_cut_anywhere(log, cache):
    rest = points(200, 230)
    for at in range(0, len(rest), 777):
        with log.open("ab") as file:
            file.write(rest[at : at + 777])
        same(read(log, cache), read(log))


def test_restart_within_the_file_supersedes_cached_points(log, cache, begun_at):
    read(log, cache)
    with log.open("ab") as file:
        file.write(session_start(150) + points(150, 180))
    warm = read(log, cache)
    same(warm, read(log))
    assert begun_at[1] > 0
    assert warm.series["train/loss"].superseded == 50
    with log.open("ab") as file:
        file.write(points(180, 190))
    same(read(log, cache), read(log))


def test_restart_in_a_new_file(log, cache):
    read(log, cache)
    (log.parent / "events.out.tfevents.2.host").write_bytes(VERSION + points(100, 150))
    same(read(log, cache), read(log))


def rewritten(log):
    log.write_bytes(VERSION + points(5, 300))


def truncated(log):
    os.truncate(log, log.stat().st_size // 2)


def replaced(log):
    content = log.read_bytes()
    log.rename(log.parent.parent / "old")
    log.write_bytes(content + points(300, 310))


def changed_at_its_end(log):
    content = log.read_bytes()
    with log.open("r+b") as file:
        file.seek(len(content) - 200)
        file.write(bytes(50))
        file.seek(0, 2)
        file.write(points(200, 201))


def changed_in_the_middle(log):
    with log.open("r+b") as file:
        file.seek(log.stat().st_size // 2)
        file.write(bytes(50))
    os.utime(log, (5, 5))


@pytest.mark.parametrize(
    "change", [rewritten, truncated, replaced, changed_at_its_end, changed_in_the_middle]
)
def test_anything_but_growth_is_read_anew(log, cache, begun_at, change):
    read(log, cache)
    change(log)
    warm = read(log, cache)
    assert begun_at == [0, 0]
    same(warm, read(log))


def test_damaged_log_is_not_remembered(log, cache, begun_at):
    changed_in_the_middle(log)
    first = read(log, cache)
    assert first.problems
    same(read(log, cache), first)
    assert begun_at == [0, 0]


@pytest.mark.parametrize("damage", ["flip", "cut", "foreign", "empty", "directory"])
def test_damaged_or_foreign_columns_are_never_believed(log, cache, begun_at, damage):
    read(log, cache)
    (file,) = cache.folder.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    made = {"flip": content, "cut": content[:-8], "foreign": b"x" * 500, "empty": b""}
    file.unlink()
    file.mkdir() if damage == "directory" else file.write_bytes(made[damage])
    same(read(log, cache), read(log))
    assert begun_at[:2] == [0, 0]


def test_another_lrdiag_does_not_believe_it(log, cache, begun_at, monkeypatch):
    read(log, cache)
    monkeypatch.setattr(module, "code_version", lambda: "another")
    read(log, cache)
    assert begun_at == [0, 0]


def test_small_files_are_not_kept(log, cache, monkeypatch):
    monkeypatch.setattr(reading_memory, "LEAST_BYTES", 10**9)
    read(log, cache)
    assert not cache.folder.exists()


def test_least_recently_used_go_first(tmp_path):
    for index in range(5):
        (tmp_path / str(index)).write_bytes(bytes(100))
        os.utime(tmp_path / str(index), (index, index))
    os.utime(tmp_path / "0")
    shrink(tmp_path, 250)
    assert {file.name for file in tmp_path.iterdir()} == {"0", "4"}


def test_a_folder_others_may_write_to_is_not_used(log, cache):
    cache.folder.mkdir(parents=True)
    cache.folder.chmod(0o777)
    read(log, cache)
    assert not [*cache.folder.iterdir()]


def test_analysis_goes_through_it_and_clear_removes_it(log, tmp_path, begun_at):
    class Reading:
        rules = config = ()

        def __call__(self, place):
            from lrdiag.findings import RunReport, Verdict

            return RunReport(read_location(place).name, Verdict.HEALTHY)

    folder = tmp_path / "cache"
    for last in (210, 220):
        with log.open("ab") as file:
            file.write(points(last - 10, last))
        store = Store(folder)
        list(CachedMapper(sequential, store)(Reading(), discover([log.parent]).locations))
        store.close()
    assert begun_at[0] == 0 < begun_at[1] < log.stat().st_size
    clear_folder(folder)
    assert not (folder / "columns").exists()


def test_two_processes_write_at_once(log, cache):
    code = (
        "import sys, pathlib\n"
        "from lrdiag.fleet import column_cache as m\n"
        "from lrdiag.sources.reading_memory import remembering\n"
        "from lrdiag.sources.tree import discover, read_location\n"
        "from lrdiag.sources import reading_memory\n"
        "reading_memory.LEAST_BYTES = 100\n"
        "for _ in range(20):\n"
        "    with remembering(m.ColumnCache(pathlib.Path(sys.argv[2]))):\n"
        "        run = read_location(discover([sys.argv[1]]).locations[0])\n"
        "    assert len(run.series['train/loss']) == 200, run.problems\n"
    )
    command = [sys.executable, "-c", code, str(log.parent), str(cache.folder)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    same(read(log, cache), read(log))


def test_work_with_columns_can_be_sent_to_a_worker(tmp_path):
    import pickle

    work = pickle.loads(pickle.dumps(WithColumns(len, tmp_path)))
    assert work("abc") == 3
