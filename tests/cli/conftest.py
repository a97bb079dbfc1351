"""The command line run in this process, from an empty folder."""

from __future__ import annotations

import pytest

from lrdiag.cli.main import main


@pytest.fixture
def lrdiag(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(list(map(str, arguments)))
        out = capsys.readouterr()
        return int(caught.value.code or 0), out.out, out.err

    return run
