"""The cache: what is unchanged is not worked out again; what is doubtful is never believed."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from lrdiag.fleet import store as store_module
from lrdiag.fleet.cache import CachedMapper, with_cache
from lrdiag.fleet.executors import sequential
from lrdiag.fleet.store import Store, StoreError, cache_folder, clear_folder

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import fleet_fakes as fakes  # noqa: E402


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LRDIAG_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def places(tmp_path):
    found = []
    for index in range(5):
        file = tmp_path / f"run{index}.csv"
        file.write_text("epoch,loss\n0,1\n")
        age(file)
        found.append(fakes.location(f"run{index}", file))
    return found


def age(file, seconds=100):
    """Files changed a moment ago are not trusted: same size and time may hide a change."""
    then = file.stat().st_mtime - seconds
    os.utime(file, (then, then))


@pytest.fixture(autouse=True)
def _old_files_count_as_old(monkeypatch):
    monkeypatch.setattr("lrdiag.fleet.cache.FINE_NS", -(10**18))


def through_cache(work, places):
    mapper = CachedMapper(sequential, Store())
    reports = list(mapper(work, places))
    mapper._store.close()
    return reports, mapper


def test_second_time_nothing_is_worked_out(folder, places, tmp_path):
    work = fakes.Counting(tmp_path / "calls")
    first, _ = through_cache(work, places)
    second, mapper = through_cache(work, places)
    assert len(work.calls) == 5
    assert repr(first) == repr(second)
    assert (mapper.hits, mapper.misses) == (5, 0)


@pytest.mark.parametrize("change", ["append", "same size", "touch", "replace"])
def test_a_changed_file_is_read_again_and_only_that(folder, places, tmp_path, change):
    work = fakes.Counting(tmp_path / "calls")
    through_cache(work, places)
    file = places[2].parts[0][2][0]
    if change == "append":
        file.write_text("epoch,loss\n0,1\n1,2\n")
    elif change == "same size":
        before = file.stat()
        file.write_text("epoch,loss\n0,2\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # a forged time
    elif change == "touch":
        age(file, 50)
    else:
        file.rename(tmp_path / "aside")
        file.write_text("epoch,loss\n0,1\n")
    through_cache(work, places)
    assert work.calls[5:] == ["run2"]


def test_other_rules_or_config_or_code_are_other_results(folder, places, tmp_path, monkeypatch):
    work = fakes.Counting(tmp_path / "calls")
    through_cache(work, places)
    through_cache(replace(work, rules="others"), places)
    through_cache(replace(work, config="others"), places)
    assert len(work.calls) == 15
    monkeypatch.setattr("lrdiag.fleet.cache.code_version", lambda: "newer")
    through_cache(work, places)
    assert len(work.calls) == 20


def test_a_file_changed_a_moment_ago_is_not_kept(folder, places, tmp_path, monkeypatch):
    monkeypatch.setattr("lrdiag.fleet.cache.FINE_NS", 10**18)
    monkeypatch.setattr("lrdiag.fleet.cache.COARSE_NS", 10**18)
    work = fakes.Counting(tmp_path / "calls")
    through_cache(work, places)
    through_cache(work, places)
    assert len(work.calls) == 10


def test_broken_diagnoses_are_not_kept(folder, places):
    def breaks(place):
        raise RuntimeError("no")

    breaks.rules = breaks.config = ""
    through_cache(breaks, places)
    assert Store().count() == 0


def test_work_without_rules_is_passed_through(folder, places):
    reports, mapper = through_cache(fakes.echo, places)
    assert len(reports) == 5
    assert mapper.misses == 0


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def foreign(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE reports (place, state, body, digest, used)")


def link(path):
    other = path.with_name("elsewhere")
    path.rename(other)
    path.symlink_to(other)


DAMAGES = {
    "not a database": lambda path: path.write_bytes(b"garbage " * 1000),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "zeros in the middle": lambda path: overwrite(path, 4096, bytes(8192)),
    "another program's": foreign,
    "a link elsewhere": link,
    "writable by others": lambda path: path.chmod(0o666),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_cache_is_rebuilt(folder, places, tmp_path, damage):
    work = fakes.Counting(tmp_path / "calls")
    first, _ = through_cache(work, places)
    with closing(sqlite3.connect(folder / "results.sqlite")) as db, db:
        pass  # closing writes the journal back
    DAMAGES[damage](folder / "results.sqlite")
    second, _ = through_cache(work, places)
    third, mapper = through_cache(work, places)
    assert repr(first) == repr(second) == repr(third)
    assert mapper.hits == 5


@pytest.mark.parametrize("body", [b"x", None])
def test_a_tampered_row_is_worked_out_again(folder, places, tmp_path, body):
    work = fakes.Counting(tmp_path / "calls")
    through_cache(work, places)
    with closing(sqlite3.connect(folder / "results.sqlite")) as db, db:
        if body is None:  # a healthy run's result under an unhealthy run's name
            db.execute("UPDATE reports SET (body, digest) = (SELECT body, digest FROM reports)")
        else:
            db.execute("UPDATE reports SET body = ?", (body,))
    reports, _ = through_cache(work, places)
    assert [r.run for r in reports] == [p.name for p in places]
    assert len(work.calls) >= 9


def test_a_folder_that_others_may_write_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreError, match="other users"):
        Store()
    told = []
    assert with_cache(sequential, told.append) is sequential
    assert "without the cache" in told[0]


def test_two_processes_at_once(folder, places, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import sys, pathlib
        sys.path.insert(0, sys.argv[1])
        import fleet_fakes as fakes
        from lrdiag.fleet import cache
        from lrdiag.fleet.executors import sequential
        cache.FINE_NS = -10**18
        cache.BATCH = 1
        places = [fakes.location(f"run{i % 5}-{i}", pathlib.Path(sys.argv[2]) / f"run{i % 5}.csv")
                  for i in range(100)]
        work = fakes.Counting(pathlib.Path(sys.argv[3]))
        mapper = cache.with_cache(sequential)
        for _ in range(3):
            assert [r.run for r in mapper(work, places)] == [p.name for p in places]
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    command = [sys.executable, str(script), str(HERE), str(tmp_path)]
    started = [
        subprocess.Popen([*command, str(tmp_path / f"calls{i}")], env=environment) for i in range(3)
    ]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    store = Store()
    assert store.count() == 100
    assert not store.rebuilt


def test_the_oldest_results_go_when_the_cache_is_full(folder, monkeypatch):
    store = Store()
    store.put([(b"old", b"s", b"x" * 100)], now=1)
    store.put([(b"%d" % i, b"s", b"x" * 100) for i in range(7)], now=2)
    monkeypatch.setattr(store_module, "MAX_BYTES", 50)
    store.touch([], now=3)
    assert store.body(b"old") is None
    assert store.count() == 6


def test_cache_folder_follows_the_xdg_rule(monkeypatch):
    monkeypatch.delenv("LRDIAG_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/lrdiag")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder().is_absolute()


def test_clear_removes_only_what_is_ours(folder):
    Store().put([(b"a", b"s", b"x")], now=1)
    (folder / "remote" / "deep").mkdir(parents=True)
    (folder / "remote" / "deep" / "copy").write_bytes(b"x" * 10)
    (folder / "mine.txt").write_text("keep")
    assert clear_folder(folder) > 10
    assert [p.name for p in folder.iterdir()] == ["mine.txt"]


def test_the_users_text_patterns_are_part_of_the_version(tmp_path, monkeypatch):
    from lrdiag.fleet.versions import code_version

    patterns, seen = tmp_path / "patterns.yml", [code_version.__wrapped__()]
    monkeypatch.setenv("LRDIAG_TEXT_PATTERNS", str(patterns))
    for text in ("patterns: []", "patterns: [{}]"):
        patterns.write_text(text)
        seen.append(code_version.__wrapped__())
    assert len(set(seen)) == 3
