import pytest

from benchmarks.accuracy.sections import replace_section


def test_only_the_named_section_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- begin one -->\nold\n<!-- end one -->\nkept\n")
    replace_section(page, "one", "| new |")
    replace_section(page, "one", "| newer |")
    text = "# A\n<!-- begin one -->\n\n| newer |\n<!-- end one -->\nkept\n"
    assert page.read_text() == text


def test_a_missing_section_is_named(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(SystemExit, match="begin one"):
        replace_section(page, "one", "x")
