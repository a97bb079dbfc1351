"""Readers of event files that a test makes."""

import pytest
from event_files import NAME

from lrdiag.sources.event_file import read_event_file
from lrdiag.sources.event_reader import EventReader


@pytest.fixture
def read(tmp_path):
    def read_bytes(data):
        path = tmp_path / NAME
        path.write_bytes(data)
        return read_event_file(path)

    return read_bytes


@pytest.fixture
def reader(tmp_path):
    def of(*frames):
        path = tmp_path / "events.out.tfevents.1.h"
        path.write_bytes(b"".join(frames))
        return EventReader(path)

    return of
