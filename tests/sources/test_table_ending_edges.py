"""Whether the last cell of a table that is being written is whole."""

import pytest

from lrdiag.sources.table_ending import looks_whole


@pytest.mark.parametrize(("cell", "above", "whole"), [
    # As many decimals as every cell above.
    ("0.1234", ["0.5000", "0.4000"], True),
    ("0.123", ["0.5000", "0.4000"], False),
    ("0.12345", ["0.5000", "0.4000"], True),
    ("0.12", ["0.5000", "0.40"], True),
    ("0.", ["0.5", "0.4"], False),
    # Whole numbers: as many digits as the one before.
    ("120", ["118", "119"], True),
    ("12", ["118", "119"], False),
    ("1", ["8", "9"], True),
    ("100", ["98", "99"], True),
    ("99", ["7", "100", "98"], True),
    ("12", ["12.5", "13.5"], False),
    # Exponents have two digits.
    ("1.5e-03", ["1.6e-03", "1.7e-03"], True),
    ("1.5e-0", ["1.6e-03", "1.7e-03"], False),
    ("1.5e-", ["1.6e-03"], False),
    ("1.5E+03", ["1.6E+03"], True),
    ("1.5", ["1.6e-03"], False),
    ("0.0005", ["0.0006", "6e-05"], False),
    # Percent signs end a cell.
    ("70%", ["60%", "65%"], True),
    ("70", ["60%", "65%"], False),
    ("70", ["60%", "65"], False),
    # Words are believed when they were seen.
    ("train", ["train", "val"], True),
    ("trai", ["train", "val"], False),
    ("nan", ["nan"], True),
    # Nothing above, or nothing there: cannot be told.
    ("0.5", [], False),
    ("0.5", ["", " "], False),
    ("", ["0.5"], False),
    (" ", ["0.5"], False),
    # Blanks do not matter.
    (" 0.25 ", [" 0.50 ", ""], True),
])  # fmt: skip
def test_the_last_cell_is_believed_only_where_nothing_can_be_missing(cell, above, whole):
    assert looks_whole(cell, above) is whole
