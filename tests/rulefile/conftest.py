"""The fakes, as a module every test of this folder can use."""

from __future__ import annotations

from types import ModuleType

import pytest
import rule_fakes


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    return rule_fakes
