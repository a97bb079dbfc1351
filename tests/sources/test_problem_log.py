from lrdiag.sources.problem_log import SHOWN_PER_KIND, ProblemLog


def test_many_problems_of_a_kind_are_summed_up_with_what_was_lost():
    log = ProblemLog("x.csv")
    for line in range(500):
        log.add("ragged-row", f"line {line}", line=line, lost=1)
    problems = log.problems()
    assert len(problems) == SHOWN_PER_KIND + 1
    assert sum(p.lost for p in problems) == 500
    assert "490 more" in problems[-1].message
    assert log.has("ragged-row")
    assert not log.has("other")
