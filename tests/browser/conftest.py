"""A headless Chromium; tests that need it are skipped, visibly, where it is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import example_reports
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def examples() -> ModuleType:
    return example_reports


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("Chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage",
                     "window-size=1200,1000", "disable-background-networking"):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core: LRDIAG_AXE, node_modules, or the Python package that carries it."""
    places = [os.environ.get("LRDIAG_AXE", ""), ROOT / "node_modules/axe-core/axe.min.js"]
    spec = importlib.util.find_spec("axe_selenium_python")
    if spec and spec.origin:
        places.append(Path(spec.origin).parent / "node_modules/axe-core/axe.min.js")
    found = next((Path(p) for p in places if p and Path(p).is_file()), None)
    if found is None:
        pytest.skip("axe-core is not installed (pip install axe-selenium-python)")
    return found.read_text("utf-8")
