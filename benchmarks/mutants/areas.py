"""What is mutated, and the tests that answer for it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_RECOVERY = (
    "framing", "damage", "restarts", "event_rejects", "event_window", "event_rounds",
    "event_batch", "event_reader", "event_resume", "problem_log", "table_ending",
)  # fmt: skip

AREAS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gate": (
        ("lrdiag/gate/*.py",),
        ("tests/gate/test_*.py", "tests/cli/test_gate.py",
         "tests/rulefile/test_policies.py"),
    ),
    "recovery": (
        tuple(f"lrdiag/sources/{name}.py" for name in _RECOVERY),
        ("tests/sources/test_event*.py", "tests/sources/test_framing*.py",
         "tests/sources/test_restarts*.py", "tests/sources/test_problem*.py",
         "tests/sources/test_*recovery*.py", "tests/sources/test_*damage*.py",
         "tests/sources/test_table_ending_edges.py", "tests/sources/test_table.py",
         "tests/sources/test_table_oddities.py",
         "tests/fleet/test_column_cache.py", "tests/watching/test_followers.py"),
    ),
    "checks": (
        ("lrdiag/checks/*.py",),
        # Without test_invariance_rules.py: hundreds of whole diagnoses, which take the budget and
        # notice little beside the cases of the rules and the messages on their generated pages.
        ("tests/checks/test_[!i]*.py", "tests/checks/test_invariance.py",
         "tests/rulefile/test_shipped_cases.py", "tests/rulefile/test_generated.py",
         "tests/test_diagnose.py", "tests/test_sample_logs.py"),
    ),
    "schedule": (
        ("lrdiag/schedule/*.py",),
        ("tests/schedule/test_*.py", "tests/cli/test_schedule*.py", "tests/test_sample_logs.py"),
    ),
}  # fmt: skip


def files(patterns: tuple[str, ...]) -> list[str]:
    """The files of the project that match, sorted, relative to its root."""
    found = {p for pattern in patterns for p in ROOT.glob(pattern) if p.stat().st_size}
    return sorted(str(p.relative_to(ROOT)) for p in found)
