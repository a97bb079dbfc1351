import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lrdiag.statistics.distinct import distinct

whole = hnp.arrays(np.int64, st.integers(0, 40), elements=st.integers(-5, 5))
real = hnp.arrays(np.float64, st.integers(0, 40), elements=st.sampled_from([-0.5, 0.0, 0.1, 1e9]))


@given(st.one_of(whole, real))
def test_it_gives_what_a_set_gives(value):
    found = distinct(value)
    assert found.tolist() == sorted(set(value.tolist()))
    assert found.dtype == value.dtype


@pytest.mark.parametrize("value", [np.arange(9), np.repeat([0.1, 0.01, 0.1], 3)])
def test_the_column_itself_stays_as_it_was(value):
    before = value.copy()
    distinct(value)
    assert np.array_equal(value, before)
