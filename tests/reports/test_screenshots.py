from __future__ import annotations

import importlib.util
import json
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pictures_in_the_readme_show_the_reports_as_they_are():
    spec = importlib.util.spec_from_file_location("make_screenshots", DOCS / "make_screenshots.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shown = json.loads((DOCS / "screenshots" / "structure.json").read_text("utf-8"))
    assert module.structure() == shown, "run: python docs/make_screenshots.py"


def test_every_picture_is_there_and_is_shown_in_the_readme():
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    for name in ("terminal", "markdown", "html", "tensorboard"):
        assert (DOCS / "screenshots" / f"{name}.png").stat().st_size > 10_000
        assert f"docs/screenshots/{name}.png" in readme
