"""Put a table into the place of a document that is kept for it."""

from __future__ import annotations

from pathlib import Path


def replace_section(document: Path, name: str, text: str) -> None:
    """Replace what lies between `<!-- begin NAME -->` and `<!-- end NAME -->`.

    Raises:
        SystemExit: the document has no such pair of marks.
    """
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    content = document.read_text("utf-8")
    if begin not in content or end not in content.partition(begin)[2]:
        raise SystemExit(f"{document}: no lines {begin.strip()} and {end}")
    before, _, rest = content.partition(begin)
    after = rest.partition(end)[2]
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")
