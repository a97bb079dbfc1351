"""Short names: what all runs share goes, what differs stays, and stays different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdiag.reports.columns import cut_middle
from lrdiag.reports.short_names import distinct_width, short_names


@pytest.mark.parametrize(
    ("names", "short", "pattern"),
    [
        (
            ["net_lr0.1_wd0_mix_seed0/log.csv", "net_lr0.3_wd0_mix_seed1/log.csv"],
            ["lr0.1…seed0", "lr0.3…seed1"],
            "net_*_wd0_mix_*/log.csv",
        ),
        (["a_1_x", "a_2_y"], ["1_x", "2_y"], "a_*_*"),
        (["runs/deep/net/log.csv", "runs/small/log.csv"], ["deep/net", "small"], "runs/*/log.csv"),
        (["alpha", "beta"], ["alpha", "beta"], ""),
        (["a", "a/b"], ["a", "a/b"], ""),
        (["only/one"], ["only/one"], ""),
        (["same", "same"], ["same", "same"], ""),
        ([], [], ""),
    ],
)
def test_shared_words_go(names, short, pattern):
    assert short_names(names) == (short, pattern)


@given(st.lists(st.text("ab/_-1.", max_size=12), min_size=1, max_size=6, unique=True))
def test_different_names_stay_different(names):
    short, _ = short_names(names)
    assert len(set(short)) == len(names)


def test_width_in_which_cut_names_still_differ():
    names = [f"model_with_a_long_name_{i}_and_an_end_that_all_share" for i in range(3)]
    width = distinct_width(names, cut_middle)
    assert len({cut_middle(name, width) for name in names}) == 3
    assert len({cut_middle(name, width - 1) for name in names}) < 3
