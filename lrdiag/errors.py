"""Errors that a person can act on: what happened, where, what to do."""

from __future__ import annotations


class LrdiagError(Exception):
    """Base of every error lrdiag raises on purpose.

    Attributes:
        slug: stable short name, the key of the error in the documentation.
        what: what happened and where, one sentence.
        action: what the person can do about it, one sentence (may be empty).
    """

    slug = "error"

    def __init__(self, what: str, action: str = "") -> None:
        super().__init__(f"{what} {action}".strip())
        self.what = what
        self.action = action


class SourceError(LrdiagError):
    """A log cannot be read at all."""

    slug = "unreadable-log"


class RoleError(LrdiagError):
    """A role override names an unknown role or tag."""

    slug = "role"


class ScheduleError(LrdiagError):
    """A configured schedule makes no sense."""

    slug = "schedule"


class RuleFileError(LrdiagError):
    """A rule file is invalid."""

    slug = "rule-file"


class ConfigError(LrdiagError):
    """`lrdiag.yml`, `[tool.lrdiag]` or an option is invalid."""

    slug = "config"


class PolicyError(LrdiagError):
    """A gate policy is invalid."""

    slug = "policy"


class ReportError(LrdiagError):
    """A report cannot be rendered or written."""

    slug = "report"
