r"""Names and texts of untrusted logs made harmless for each sink.

A tag may hold HTML, Markdown, terminal escapes, bidirectional controls or spreadsheet formulas
(CWE-79, CWE-150, CWE-1236). Every human-readable format first spells out control characters
(`visible`) and shortens (`shorten`); Markdown and CSV have rules of their own; HTML is escaped by
jinja2's autoescape and by `markup` in the pictures; JSON keeps names exact as `\u` escapes.
"""

from __future__ import annotations

import re
from html import escape

# C0 and C1 controls, bidirectional and zero-width controls, line separators, lone surrogates,
# tag characters (invisible text).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
NAME_LENGTH = 120
TEXT_LENGTH = 1200


def visible(text: str) -> str:
    r"""Control characters, newline and tab too, spelt out (`\x1b`)."""
    return _UNSAFE.sub(lambda m: m.group().encode("unicode_escape", "surrogatepass").decode(), text)


def shorten(text: str, limit: int) -> str:
    """The start and the end of a text over `limit` characters, and how many were left out."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 4
    return f"{text[:head]}…[{len(text) - head - tail} characters]…{text[-tail:]}"


def name_text(name: str, limit: int = NAME_LENGTH) -> str:
    """A tag, run or file name fit to print: shortened, controls spelt out."""
    return visible(shorten(name, limit))


def prose(text: str, limit: int = TEXT_LENGTH) -> str:
    """A message fit to print: one line, shortened, controls spelt out."""
    return visible(shorten(" ".join(text.split()), limit))


def markup(text: str, limit: int = TEXT_LENGTH) -> str:
    """A text fit for HTML or SVG, as an element's content or in a quoted attribute."""
    return escape(prose(text, limit), quote=True)


# A name made of these alone is shown as a code span: nothing in it is structure to any parser.
_PLAIN_NAME = re.compile(r"[\w./ :=,()+%-]+", re.ASCII)
_MARKDOWN = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "`": "&#96;", "*": r"\*",
    "[": r"\[", "]": r"\]", "|": "&#124;", "~": "&#126;", "$": "&#36;",
    # A word joiner keeps GitHub and GitLab from making mentions and references.
    "@": "@&#8288;", "#": "&#35;&#8288;", "!": "&#33;",
}  # fmt: skip
_MARKDOWN_CHARACTERS = re.compile("[" + re.escape("".join(_MARKDOWN)) + "]")
_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|javascript|data|xmpp):|\bwww\.")
_LINE_START = re.compile(r"^(?:[-+=:]|\d+[.)])")


def _entity(match: re.Match[str]) -> str:
    text = match.group()
    return f"{text[:-1]}&#{ord(text[-1])};"


def markdown_text(text: str, limit: int = TEXT_LENGTH) -> str:
    """A text that renders in Markdown as exactly its characters: no markup, links, mentions.

    Entities rather than backslashes where a table or an extension would still see the character.
    """
    escaped = _MARKDOWN_CHARACTERS.sub(lambda m: _MARKDOWN[m.group()], prose(text, limit))
    escaped = _LOOSE_UNDERSCORE.sub(r"\\_", escaped)
    return _LINE_START.sub(_entity, _AUTOLINK.sub(_entity, escaped))


def markdown_name(name: str, limit: int = NAME_LENGTH) -> str:
    """A name as a code span, or, when it holds anything unusual, as escaped text."""
    shown = name_text(name, limit)
    if _PLAIN_NAME.fullmatch(shown) and shown.strip() == shown:
        return f"`{shown}`"
    return markdown_text(shown, limit * 8)


def markdown_code(line: str, limit: int = TEXT_LENGTH) -> str:
    """A line of code as a code span, to copy as it is; escaped text where it holds a backtick."""
    shown = prose(line, limit)
    return markdown_text(shown, limit * 8) if "`" in shown or not shown else f"`{shown}`"


def csv_cell(text: str) -> str:
    """A text no spreadsheet takes for a formula; numbers must not come here.

    OWASP "CSV Injection": cells that start with `= + - @`, tab or carriage return get an
    apostrophe in front. Excel's cell limit is 32,767 characters.
    """
    shown = visible(shorten(text, 32_000))
    return (
        f"'{shown}" if shown[:1] in tuple("=+-@＝＋－＠") or text[:1] in tuple("\t\r\n") else shown
    )
