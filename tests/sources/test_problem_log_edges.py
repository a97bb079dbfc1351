"""Problems beyond the tenth of a kind: how many, and what they lost."""

import pytest

from lrdiag.sources.problem_log import SHOWN_PER_KIND, ProblemLog


def noted(*lost, kind="odd"):
    log = ProblemLog("f")
    for line, count in enumerate(lost):
        log.add(kind, f"line {line}", line=line, lost=count)
    return log.problems()


def test_ten_of_a_kind_are_all_listed():
    assert [p.message for p in noted(*[1] * SHOWN_PER_KIND)] == [f"line {k}" for k in range(10)]


@pytest.mark.parametrize(("lost", "total"), [
    ([None], None), ([None, None], None), ([None, 2], 2), ([3, None], 3), ([3, 4, 5], 12),
])  # fmt: skip
def test_what_the_others_lost_is_added_up(lost, total):
    *_, last = noted(*[1] * SHOWN_PER_KIND, *lost)
    assert last.lost == total
    assert last.message.startswith(f"and {len(lost)} more like: line {SHOWN_PER_KIND}")


def test_kinds_are_counted_apart():
    log = ProblemLog("f")
    for k in range(12):
        log.add("a", f"a{k}")
        log.add("b", f"b{k}", severity="error", offset=k, action="Do.")
    shown = log.problems()
    said = [p.message for p in shown[-2:]]
    assert said == ["and 2 more like: a10", "and 2 more like: b10; also byte 11"]
    assert (shown[1].severity, shown[1].offset, shown[1].action) == ("error", 0, "Do.")
    assert (shown[0].severity, shown[0].file) == ("warning", "f")


def test_problems_found_elsewhere_count_too():
    log = ProblemLog("f")
    log.add_all(noted(*[1] * 9))
    log.add("odd", "mine")
    log.add("odd", "one more", lost=7)
    assert log.problems()[-1].lost == 7 and len(log.problems()) == SHOWN_PER_KIND + 1


def test_the_places_of_the_rest_are_named_as_far_as_they_are_few():
    *_, last = noted(*[1] * 13)
    assert last.message == "and 3 more like: line 10; also line 11, line 12"
    *_, last = noted(*[1] * 50)
    assert last.message.endswith("line 48, line 49")
    *_, last = noted(*[1] * 51)
    assert last.message.endswith("line 48, line 49 …")
    log = ProblemLog("f")
    for k in range(12):
        log.add("a", f"a{k}", offset=k)
        log.add("b", f"b{k}", place=f"tag {k}")
    assert [p.message for p in log.problems()[-2:]] == [
        "and 2 more like: a10; also byte 11", "and 2 more like: b10; also tag 11",
    ]  # fmt: skip
