"""The "Health" tab of TensorBoard: a dynamic plugin, found through its entry point.

TensorBoard stops when this module cannot be imported, so it imports nothing but what TensorBoard
has loaded already; everything else is imported when the tab is first opened, and what fails then
is shown in the tab.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tensorboard.plugins import base_plugin

if TYPE_CHECKING:
    from lrdiag.tensorboard_tab.logdir_health import LogdirHealth

# From the page (data/plugin/lrdiag_health/page) to the scalars, filtered to one tag.
TAG_LINKS = "../../../?tagFilter={tag}#timeseries"


class HealthTab(base_plugin.TBPlugin):
    """Serves the health report of the open logdir, read at full resolution by lrdiag itself.

    TensorBoard's own data provider gives at most 1,000 sampled points a tag, too few to find
    drops, so the event files are read anew.
    """

    plugin_name: str = "lrdiag_health"  # type: ignore[assignment]  # the base says None

    def __init__(self, context: Any) -> None:
        self._context = context
        self._health: LogdirHealth | None = None

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """The routes below `data/plugin/lrdiag_health`."""
        return {"/index.js": _script, "/status": self._status, "/page": self._page}

    def is_active(self) -> bool:
        """Always: a logdir without runs is worth saying so."""
        return True

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """The tab's name and its script."""
        metadata: Any = base_plugin.FrontendMetadata
        found: base_plugin.FrontendMetadata = metadata(
            es_module_path="/index.js", tab_name="Health", disable_reload=True
        )
        return found

    def _watched(self) -> LogdirHealth:
        if self._health is None:
            from lrdiag.tensorboard_tab.logdir_health import LogdirHealth

            self._health = LogdirHealth(logdirs(self._context), TAG_LINKS)
        return self._health

    def _status(self, environ: Any, start_response: Any) -> Any:
        try:
            status = self._watched().status()
        except Exception as error:
            status = {"state": "failed", "message": f"{type(error).__name__}: {error}"}
        return _answer(environ, start_response, status, "application/json")

    def _page(self, environ: Any, start_response: Any) -> Any:
        try:
            from lrdiag.reports.html import script_hash

            page, hashes = self._watched().page, [script_hash()]
        except Exception as error:
            page, hashes = f"The report cannot be shown: {type(error).__name__}", []
            return _answer(environ, start_response, page, "text/plain")
        return _answer(environ, start_response, page, "text/html", hashes)


def logdirs(context: Any) -> list[str]:
    """The folders TensorBoard shows: `--logdir`, or the paths of `--logdir_spec`."""
    flags = getattr(context, "flags", None)
    spec = getattr(flags, "logdir_spec", "") or ""
    if spec:
        # `name:path,name:path`; on Windows a one-letter name is a drive.
        name = r"^[^:/\\]{2,}:" if os.name == "nt" else r"^[^:/]+:(?!//)"
        return [re.sub(name, "", part) for part in spec.split(",") if part]
    logdir = getattr(flags, "logdir", "") or getattr(context, "logdir", "") or ""
    return [str(logdir)] if logdir else []


def _script(environ: Any, start_response: Any) -> Any:
    source = (files("lrdiag.tensorboard_tab") / "tab.js").read_text("utf-8")
    return _answer(environ, start_response, source, "application/javascript")


def _answer(
    environ: Any, start_response: Any, content: Any, kind: str, hashes: list[str] | None = None
) -> Any:
    import werkzeug
    from tensorboard.backend import http_util

    request = werkzeug.wrappers.Request(environ)
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    respond: Any = http_util.Respond
    answer = respond(request, content, kind, csp_scripts_sha256s=hashes)
    return answer(environ, start_response)
