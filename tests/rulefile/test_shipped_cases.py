"""The shipped packs pass their own cases, are covered, and notice every threshold."""

from __future__ import annotations

import pytest

from lrdiag.rulefile.case_files import run_cases
from lrdiag.rulefile.location import shipped_packs


def told(result):
    return [f"{case.name}: {text}" for case, text in result.wrong]


@pytest.mark.parametrize("name", ["default", "imbalanced"])
def test_a_pack_passes_is_covered_and_notices_every_threshold(name):
    result = run_cases([shipped_packs()[name]])
    assert told(result) == []
    assert list(result.gaps) == []
    assert list(result.survivors) == []


def test_the_strict_pack_shows_its_severities():
    result = run_cases([shipped_packs()["strict"]], mutate=False)
    assert result.cases
    assert told(result) == []
