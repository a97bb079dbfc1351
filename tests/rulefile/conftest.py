"""The fakes, as a module every test of this folder can use."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    path = Path(__file__).with_name("rule_fakes.py")
    spec = importlib.util.spec_from_file_location("rule_fakes", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["rule_fakes"] = module
    spec.loader.exec_module(module)
    return module
