"""Make docs/screenshots/ from sample_logs/: `python docs/make_screenshots.py`.

Needs Chromium, chromedriver and the extra `lrdiag[test]`. `structure.json` tells which structure
of the reports the pictures show; a test compares it with the code, so that they stay current.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screenshots"
SAMPLE = ROOT / "sample_logs" / "overfitting_after_drop"
sys.path.insert(0, str(ROOT))

PAGE = """<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1f2328;background:#fff}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}img{max-width:100%}
code{background:#eff1f3;padding:.2em .4em;border-radius:6px;font-size:85%}
h1,h2{border-bottom:1px solid #d1d9e0;padding-bottom:.3em}
pre{font:14px/1.35 "DejaVu Sans Mono",monospace;white-space:pre;margin:0}
pre code{background:none;padding:0}
.terminal{background:#14181d;color:#e6eaef}
</style>"""
COLOURS = {"31;1": "#ff8a80;font-weight:700", "32": "#3fc79b", "33": "#f0b43c", "36": "#8fd3f4",
           "1": "#fff;font-weight:700", "2": "#a3adb9"}  # fmt: skip


class _Skeleton(HTMLParser):
    """Every element with its classes, once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(f"{tag}.{dict(attrs).get('class') or ''}")


def structure() -> dict[str, str]:
    """Hashes of what the reports look like, apart from what they say."""
    from lrdiag.reports.html import page_style
    from lrdiag.reports.registry import report_format

    path = ROOT / "tests" / "examples" / "example_reports.py"
    spec = importlib.util.spec_from_file_location("example_reports", path)
    examples = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(examples)
    report = examples.sick()
    page = "\n".join(sorted(_Skeleton(report_format("html").render(report)).found))
    words = {name: _layout(report_format(name).render(report)) for name in ("term", "md")}
    tab = (ROOT / "lrdiag" / "tensorboard_tab" / "tab.js").read_text("utf-8")
    return {"html": _hash(page + page_style()), "terminal": _hash(words["term"]),
            "markdown": _hash(words["md"]), "tensorboard": _hash(tab)}  # fmt: skip


def _layout(text: str) -> str:
    """Indents, bullets and headings of each line, without its words."""
    return "\n".join(re.match(r"[\s#*|>.\d-]*", line)[0] for line in text.splitlines())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _browser(width: int, height: int):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars",
                     f"window-size={width},{height}"):  # fmt: skip
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def _shoot(url: str, name: str, height: int, width: int = 1000) -> None:
    browser = _browser(width, height)
    try:
        browser.get(url)
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        browser.save_screenshot(str(FOLDER / name))
    finally:
        browser.quit()


def _terminal(folder: Path) -> None:
    import lrdiag

    report = lrdiag.analyze(SAMPLE.relative_to(ROOT))
    text = html.escape(report.render("terminal", colour=True, width=86), quote=False)
    parts = re.split(r"\x1b\[([\d;]*)m", text)
    shown = parts[0]
    for code, piece in zip(parts[1::2], parts[2::2], strict=True):
        shown += piece if code == "0" else f'<span style="color:{COLOURS[code]}">{piece}</span>'
    command = f"$ lrdiag analyze {SAMPLE.relative_to(ROOT)}\n"
    page = folder / "terminal.html"
    page.write_text(f'{PAGE}<body class="terminal"><pre>{command}{shown}</pre>', "utf-8")
    _shoot(page.as_uri(), "terminal.png", 48 + 20 * (len(text.splitlines()) + 2), 820)


def _markdown(folder: Path) -> None:
    from markdown_it import MarkdownIt

    import lrdiag
    from lrdiag.reports.markdown import MarkdownFormat

    report = lrdiag.analyze(SAMPLE.relative_to(ROOT)).report
    made = MarkdownFormat(plots="files")
    (folder / "plots").mkdir()
    for name, text in made.plot_files(report).items():
        (folder / "plots" / name).write_text(text, "utf-8")
    page = folder / "markdown.html"
    body = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(made.render(report))
    # Headless machines often have no colour emoji.
    for emoji, colour in (("🔴", "#d1242f"), ("🟡", "#bf8700"), ("🟢", "#1a7f37")):
        body = body.replace(emoji, f'<span style="color:{colour}">●</span>')
    page.write_text(f"{PAGE}{body}", "utf-8")
    _shoot(page.as_uri(), "markdown.png", 1250)


def _html(folder: Path) -> None:
    import lrdiag

    page = lrdiag.analyze(SAMPLE.relative_to(ROOT)).save(folder / "report.html")
    _shoot(page.as_uri(), "html.png", 1200)


def _tensorboard(folder: Path) -> None:
    info = folder / "lrdiag-0.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lrdiag\nVersion: 0.0.0\n")
    entry = "[tensorboard_plugins]\nlrdiag = lrdiag.tensorboard_tab.plugin:HealthTab\n"
    (info / "entry_points.txt").write_text(entry)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(SAMPLE.parent), "--port",
         str(port), "--host", "127.0.0.1"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_ready(f"{url}/data/plugin/lrdiag_health/status")
        browser = _browser(1200, 1000)
        try:
            browser.get(f"{url}/#lrdiag_health")
            time.sleep(8)
            browser.save_screenshot(str(FOLDER / "tensorboard.png"))
        finally:
            browser.quit()
    finally:
        server.terminate()
        server.wait(20)


def _wait_ready(url: str) -> None:
    for _ in range(120):
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if json.load(answer)["state"] == "ready":
                    return
        except OSError:
            continue
    raise SystemExit("TensorBoard did not start")


def main() -> None:
    """Make every picture and note the structure they show."""
    os.chdir(ROOT)
    FOLDER.mkdir(exist_ok=True)
    for make in (_terminal, _markdown, _html, _tensorboard):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder))
        print(f"made {make.__name__[1:]}.png", file=sys.stderr)
    text = json.dumps(structure(), indent=1) + "\n"
    (FOLDER / "structure.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
