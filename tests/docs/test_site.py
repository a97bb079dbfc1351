"""The site: it builds strictly without a network, fetches nothing, and nothing points nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from lrdiag.rulefile.generated import shipped_rules

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if find_spec("mkdocs") is None or find_spec("mkdocstrings_handlers") is None:
        pytest.skip("mkdocs is not installed: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_rule_has_its_page(site):
    for rule in shipped_rules():
        assert (site / "rules" / rule.id / "index.html").is_file()


def test_pages_fetch_nothing_from_elsewhere(site):
    loads = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]*")
    for page in site.rglob("*.html"):
        assert loads.findall(page.read_text("utf-8")) == []
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8", "replace")
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import[^;]+//", text), sheet


def test_the_python_api_is_complete(site):
    page = (site / "api" / "index.html").read_text("utf-8")
    import lrdiag

    for name in set(lrdiag.__all__) - {"__version__"}:
        assert re.search(rf'id="lrdiag\.[\w.]*{name}"', page), name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_of_the_pages_outside_the_site_exist(name):
    tokens = MarkdownIt("commonmark").parse((ROOT / name).read_text("utf-8"))
    links = [
        child.attrs.get("href") or child.attrs.get("src")
        for token in tokens
        for child in token.children or ()
        if child.type in ("link_open", "image")
    ]
    for link in links:
        if "//" not in link:
            assert (ROOT / link.split("#")[0]).exists(), link
