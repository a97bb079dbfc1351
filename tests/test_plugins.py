from __future__ import annotations

import subprocess
import sys

from lrdiag import plugins


def test_no_plugin_costs_no_metadata_import():
    code = (
        "import sys; from lrdiag.plugins import installed\n"
        "found = installed('lrdiag.checks')\n"
        "print(found, 'importlib.metadata' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] False"


def test_an_installed_plugin_is_found(tmp_path, monkeypatch):
    info = tmp_path / "extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lrdiag.checks]\nmine = json:dumps\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (entry,) = plugins.installed("lrdiag.checks")
    assert entry.name == "mine"
    assert plugins.installed("lrdiag.sources") == []


def test_a_path_that_does_not_exist_is_passed_by(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path / "gone"))
    assert isinstance(plugins.installed("lrdiag.reports"), list)
