"""What is said of damaged event files: kind, place, how many records are lost, what to do."""

import gzip

import event_codec as codec
import pytest

from lrdiag.sources.damage import DamageLog

NOISE = b"\x07" * 400


def told(log):
    """Kind, severity, offset, lost and message of the only problem."""
    (problem,) = log.log.problems()
    return problem.kind, problem.severity, problem.offset, problem.lost, problem.message


def test_a_damaged_payload_is_one_lost_record():
    log = DamageLog("f")
    log.record(100, 140)
    assert told(log)[:4] == ("corrupt-record", "warning", 100, 1)
    assert "bytes 100 to 140" in told(log)[4]
    assert log.lost == 1


def test_a_stretch_is_told_with_its_length_and_adds_up():
    log = DamageLog("f")
    log.lost = 2
    log.stretch(100, 180, 3, repaired=False)
    assert told(log)[:4] == ("corrupt-record", "warning", 100, 3)
    assert "bytes 100 to 180 (80) hold no sound record" in told(log)[4]
    assert log.lost == 5


def test_a_repaired_header_lost_nothing():
    log = DamageLog("f")
    log.stretch(100, 180, 0, repaired=True)
    assert (log.lost, told(log)[3]) == (0, 0)
    assert "byte 100" in told(log)[4] and "was recovered" in told(log)[4]


def test_a_message_that_cannot_be_decoded_is_one_lost_record():
    log = DamageLog("f")
    log.malformed(64, "bad tag")
    assert told(log)[:4] == ("malformed-record", "warning", 64, 1)
    assert told(log)[4].endswith("protobuf event: bad tag")
    assert log.lost == 1


def test_an_empty_file_lost_nothing():
    log = DamageLog("f")
    log.empty()
    assert told(log)[:4] == ("empty-file", "info", 0, 0)


def test_a_large_record_and_a_file_that_shrank_are_placed():
    log = DamageLog("f")
    log.oversized(7, 10**9)
    log.shrank(900, 300)
    assert [(p.kind, p.offset) for p in log.log.problems()] == [
        ("large-record", 7), ("file-shrank", 300),
    ]  # fmt: skip
    assert "from 900 to 300 bytes" in log.log.problems()[1].message


def tail(data, *, left=None, start=1000, records=10, mean=40):
    log = DamageLog("f")
    log.tail(start, start + (len(data) if left is None else left), data, records, mean)
    return told(log), log.lost


@pytest.mark.parametrize("cut", [1, 4, 11, 12, 20, 55])
def test_a_record_cut_anywhere_is_incomplete_and_no_damage(cut):
    (kind, severity, offset, lost, _), damaged = tail(codec.frame(b"x" * 40)[:cut])
    assert (kind, severity, offset, lost, damaged) == ("incomplete-record", "info", 1000, 1, 0)


def test_a_whole_frame_at_the_end_that_fails_is_damage():
    whole = codec.frame(b"x" * 40)[:-1] + b"!"
    assert tail(whole)[0][0] == "corrupt-tail"


@pytest.mark.parametrize(("length", "kind"), [
    ((1 << 31) - 1, "incomplete-record"), (1 << 31, "corrupt-tail"),
])  # fmt: skip
def test_no_record_is_believed_to_be_longer_than_protobuf_allows(length, kind):
    size = length.to_bytes(8, "little")
    header = size + codec.masked(size).to_bytes(4, "little")
    assert tail(header + b"x" * 20)[0][0] == kind


@pytest.mark.parametrize(("zeros", "kind"), [
    (1, "incomplete-record"), (3, "incomplete-record"), (4, "corrupt-tail"),
    (11, "corrupt-tail"), (12, "corrupt-tail"),
])  # fmt: skip
def test_a_few_zero_bytes_may_begin_a_length_and_more_begin_nothing(zeros, kind):
    assert tail(b"\0" * zeros)[0][0] == kind


def test_lost_records_are_estimated_from_their_mean_size():
    (kind, severity, offset, lost, message), damaged = tail(NOISE)
    assert (kind, severity, offset, lost, damaged) == ("corrupt-tail", "warning", 1000, 10, 10)
    assert "bytes 1000 to 1400 hold no sound record" in message
    assert "zero bytes" not in message


@pytest.mark.parametrize("mean", [0, 10_000])
def test_at_least_one_record_is_lost(mean):
    assert tail(NOISE, mean=mean)[1] == 1


@pytest.mark.parametrize(("zeros", "said"), [(15, False), (16, True), (64, True)])
def test_zero_bytes_at_the_end_are_told_as_of_a_power_loss(zeros, said):
    message = tail(NOISE + b"\0" * zeros)[0][4]
    assert message.endswith("as after a power loss") is said


def test_a_compressed_file_is_told_with_what_to_do():
    log = DamageLog("f")
    data = gzip.compress(b"x" * 100)
    log.tail(0, len(data), data, 0, 0)
    assert told(log)[:3] == ("compressed-file", "error", 0)
    assert "gunzip" in log.log.problems()[0].action


def test_gzip_behind_records_is_damage_and_nothing_else():
    assert tail(gzip.compress(b"x" * 100))[0][0] == "corrupt-tail"
    assert tail(gzip.compress(b"x" * 100), records=0)[0][0] == "not-an-event-file"


def test_a_file_without_any_record_is_no_event_file():
    log = DamageLog("f")
    log.tail(0, len(NOISE), NOISE, 0, 0)
    assert told(log)[:3] == ("not-an-event-file", "error", 0)
    assert "copy it again" in log.log.problems()[0].action
