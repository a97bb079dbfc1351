"""The example reports, as a module every report test can use."""

from __future__ import annotations

from types import ModuleType

import example_reports
import pytest


@pytest.fixture(scope="session")
def examples() -> ModuleType:
    return example_reports
