"""Hyper-parameters that the HParams plugin stored in an event file.

The content is an `HParamsPluginData` message (`tensorboard/plugins/hparams/plugin_data.proto`):
session_start_info = 3, its hparams = 1, a map of string to `google.protobuf.Value`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from lrdiag.sources.event_message import MalformedError, tag_text, wire_fields

_SESSION_START, _HPARAMS = 3, 1


def read_hparams(contents: Sequence[bytes]) -> dict[str, object]:
    """Name to value (number, text or bool) of all session starts; the last one wins."""
    found: dict[str, object] = {}
    for content in contents:
        try:
            for entry in _entries(content):
                name, value = _name_and_value(entry)
                found[name] = value
        except MalformedError:
            continue
    return found


def _entries(content: bytes) -> list[bytes]:
    return [entry for info in _inside(content, _SESSION_START) for entry in _inside(info, _HPARAMS)]


def _inside(data: bytes, wanted: int) -> list[bytes]:
    return [
        data[at : at + size]
        for number, kind, _, at, size in wire_fields(data, 0, len(data))
        if number == wanted and kind == 2
    ]


def _name_and_value(entry: bytes) -> tuple[str, object]:
    name = b"".join(_inside(entry, 1)[-1:])
    value: object = None
    for message in _inside(entry, 2):
        for number, _, integer, at, size in wire_fields(message, 0, len(message)):
            if number == 2 and size == 8:
                value = struct.unpack_from("<d", message, at)[0]
            elif number == 3:
                value = tag_text(message[at : at + size])
            elif number == 4:
                value = bool(integer)
    return tag_text(name), value
