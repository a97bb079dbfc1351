"""Running tests in a forked child, once with coverage and once per planted mistake.

A mutant lives in the memory of its child alone: an import hook hands out the changed module, no
file is touched. The parent imports the libraries but nothing of lrdiag, so that a child starts
in no time. What a test does in a process of its own sees the module as it is on disk, which
can only count too few mutants as killed.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import math
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF
from types import ModuleType
from typing import Any

import pytest

from benchmarks.mutants.areas import ROOT

# Without the plug-ins that collect garbage at the end: that took half of the time of a trial.
_OPTIONS = ["-q", "-p", "no:unraisableexception", "-p", "no:threadexception",
            "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler",
            "--import-mode=importlib", "-m", "not slow and not browser and not server",
            "--assert=plain", "-o", "addopts="]  # fmt: skip
MEMORY = 4 << 30
_PATIENCE = 6.0
"""Seconds that a test may take on top of four times what it took without a mistake."""


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, file: str, tree: ast.Module) -> None:
        self.name = file.removesuffix(".py").replace("/", ".")
        self.code = compile(tree, str(ROOT / file), "exec")
        self.path = str(ROOT / file)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


class _Chosen:
    """Runs the chosen tests only, in the order given; notes which one fails.

    A test that takes much longer than without a mistake ends its process.
    """

    def __init__(self, tests: Mapping[str, float], failed: int) -> None:
        self.tests = tests
        self.failed = failed
        self.rank = {test: rank for rank, test in enumerate(tests)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        limit = _PATIENCE + 4 * self.tests[item.nodeid]
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = math.ceil(_cpu_seconds() + limit)
        resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard), hard))
        signal.alarm(math.ceil(60 + 20 * limit))
        return (yield)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            os.write(self.failed, report.nodeid.encode())

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.rank),
                          key=lambda i: self.rank[i.nodeid])  # fmt: skip


class _Traced:
    """Which test runs which line, and how long it takes."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = {}
        self.failing: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failing.append(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        self.coverage.switch_context(item.nodeid)
        began = _cpu_seconds()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = _cpu_seconds() - began


def _cpu_seconds() -> float:
    """Processor time of this process and of those it started and waited for."""
    own, children = (resource.getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _in_child(work: Callable[[], int], cpu_seconds: int) -> int:
    """The status of a child that does the work; ends it, and what it started, at the limit."""
    pid = os.fork()
    if pid:
        try:
            return os.waitpid(pid, 0)[1]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(cpu_seconds * 8)
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        code = work()
    finally:
        os._exit(code)


def covered(tests: Sequence[str], modules: Sequence[str], notes: Path) -> dict[str, Any]:
    """Runs all tests once: {"lines": {file: {line: [tests]}}, "seconds": {test: s}, …}.

    What was noted is taken again while neither the tests nor the modules changed.
    """

    def work() -> int:
        from coverage import Coverage

        coverage = Coverage(data_file=None, include=[str(ROOT / m) for m in modules])
        traced = _Traced(coverage)
        coverage.start()
        code = int(pytest.main([*_OPTIONS, *tests], plugins=[traced]))
        coverage.stop()
        data = coverage.get_data()
        lines = {
            str(Path(file).relative_to(ROOT)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        libraries = [name for name in sys.modules if _is_library(name)]
        notes.write_text(json.dumps(
            {"code": code, "lines": lines, "libraries": libraries, "failing": traced.failing,
             "seconds": {t: s for t, s in traced.seconds.items() if t not in traced.failing}}
        ))  # fmt: skip
        return code

    key = hashlib.sha256(b"".join((ROOT / f).read_bytes() for f in (*tests, *modules))).hexdigest()
    known: dict[str, Any] = json.loads(notes.read_text()) if notes.exists() else {}
    if known.get("key") == key and not known["failing"]:
        return known
    notes.unlink(missing_ok=True)
    _in_child(work, 3600)
    found: dict[str, Any] = json.loads(notes.read_text())
    notes.write_text(json.dumps({**found, "key": key}))
    if found["code"] > 1:
        raise SystemExit(f"the tests do not run without any mutant: {' '.join(tests)}")
    return found


def _is_library(name: str) -> bool:
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None) or ""
    return "site-packages" in file and not name.startswith(("_pytest", "tests", "lrdiag"))


def preload(libraries: Sequence[str]) -> None:
    """Imports the libraries that the tests need, once for all children."""
    for name in libraries:
        try:
            importlib.import_module(name)
        except Exception:  # a library that cannot be imported by itself is imported by the child
            continue
    gc.collect()
    gc.freeze()


def trial(file: str, tree: ast.Module, tests: Mapping[str, float]) -> tuple[str, str]:
    """What the tests (and the seconds they took) say of a mutant, and which test it was.

    The first is `killed`, `timeout`, `crashed` or `survived`.
    """
    with tempfile.TemporaryFile() as failed:

        def work() -> int:
            sys.meta_path.insert(0, _Planted(file, tree))
            names = list(dict.fromkeys(test.split("::")[0] for test in tests))
            chosen = _Chosen(tests, failed.fileno())
            return int(pytest.main([*_OPTIONS, "-x", *names], plugins=[chosen]))

        status = _in_child(work, int(60 + 4 * sum(tests.values()) + _PATIENCE * len(tests)))
        failed.seek(0)
        return _verdict(status), failed.read().decode()


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status):
        late = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)
        return "timeout" if late else "crashed"
    code = os.WEXITSTATUS(status)
    return "survived" if code == 0 else "killed" if code in (1, 2) else "crashed"
