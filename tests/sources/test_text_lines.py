import gzip

import pytest

from lrdiag.sources import text_lines
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.text_lines import head_text, lines


def read(tmp_path, data: bytes):
    path = tmp_path / "x.log"
    path.write_bytes(data)
    log = ProblemLog(str(path))
    return [(line.number, line.text, line.ended) for line in lines(path, log)], log.problems()


@pytest.mark.parametrize(
    "data",
    [
        b"a\nb\n",
        b"a\r\nb\r\n",
        b"a\rb\r",
        b"\xef\xbb\xbfa\nb\n",
        "a\nb\n".encode("utf-16"),
        "a\nb\n".encode("utf-16-be"),
        gzip.compress(b"a\nb\n"),
    ],
)
def test_every_encoding_gives_the_same_lines(tmp_path, data):
    if data == "a\nb\n".encode("utf-16-be"):
        data = "epoch\nother\n".encode("utf-16-be")
        found, _ = read(tmp_path, data)
        assert [text for _, text, _ in found] == ["epoch", "other"]
        return
    found, problems = read(tmp_path, data)
    assert found == [(1, "a", True), (2, "b", True)]
    assert problems == ()


def test_the_last_line_without_end_is_marked(tmp_path):
    found, _ = read(tmp_path, b"a\nb")
    assert found[-1] == (2, "b", False)


def test_nul_bytes_cost_their_line_only_and_are_reported_with_it(tmp_path):
    found, problems = read(tmp_path, b"a\n\0\0\0x\nc\n")
    assert [text for _, text, _ in found] == ["a", "c"]
    assert found[-1][0] == 3
    (problem,) = problems
    assert (problem.kind, problem.line, problem.lost) == ("nul-bytes", 2, 1)


def test_a_line_that_never_ends_is_stepped_over(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(text_lines, "BLOCK_BYTES", 300)
    found, problems = read(tmp_path, b"a\n" + b"7" * 5000 + b"\nc\nd")
    assert [(n, t) for n, t, _ in found] == [(1, "a"), (3, "c"), (4, "d")]
    assert [(p.kind, p.line) for p in problems] == [("long-line", 2)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_line_numbers_do_not_depend_on_the_block_size(tmp_path, size):
    path = tmp_path / "x.log"
    path.write_bytes(b"one\n\ntwo\nthree")
    log = ProblemLog("x")
    found = [
        line
        for number, data in text_lines.line_blocks(path, log, size)
        for line in text_lines.lines_in(data, number, log)
    ]
    assert [(n, t) for n, t, _ in found] == [(1, "one"), (2, ""), (3, "two"), (4, "three")]


def test_other_bytes_are_read_as_windows_1252_and_said_once(tmp_path):
    found, problems = read(tmp_path, "entraînée\nperte é\n".encode("latin-1"))
    assert found[0][1] == "entraînée"
    assert [p.kind for p in problems] == ["encoding"]


def test_a_gzip_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "_FREE_GZIP_BYTES", 1 << 20)
    monkeypatch.setattr(text_lines, "MAX_GZIP_RATIO", 2)
    found, problems = read(tmp_path, gzip.compress(b"1,2\n" * 1_500_000))
    assert len(found) < 600_000
    assert [p.kind for p in problems] == ["gzip-too-large"]


def test_a_cut_gzip_file_gives_what_is_whole(tmp_path):
    whole = gzip.compress(b"\n".join(b"%d,%d" % (i, i * i) for i in range(50_000)))
    found, problems = read(tmp_path, whole[: len(whole) // 2])
    assert len(found) > 1000
    assert [p.kind for p in problems] == ["damaged-gzip"]


def test_binary_files_have_no_text():
    assert head_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))) == ""
    assert head_text(b"\x18\0\0\0\0\0\0\0\xa3\x7f") == ""
