"""Generates firmware/core/wire.h from the message definitions: `python -m toolkit.link.header`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

from toolkit import resources
from toolkit.artifacts import write_atomically
from toolkit.link import messages, slot_messages
from toolkit.link.messages import Fields

_OPENING = """\
/* wire.h: the wire's message definitions; docs/wire.md has their meaning.
 * Generated from toolkit/link/messages.py by `python -m toolkit.link.header`: do not edit. */
#ifndef TINYML_WIRE_H
#define TINYML_WIRE_H
"""


def _enum(name: str, prefix: str, values: type[IntEnum], comment: str) -> Iterator[str]:
    yield f"/* {comment} */"
    yield "typedef enum {"
    for value in values:
        yield f"  WIRE_{prefix}{value.name} = 0x{value:02X},"
    yield f"}} {name};"
    yield ""


def _offsets(prefix: str, fields: Fields, comment: str) -> Iterator[str]:
    yield f"/* {comment} */"
    yield "enum {"
    at = 0
    for name, code in fields:
        yield f"  WIRE_{prefix}_{name.upper()} = {at},"
        at += struct.calcsize("<" + code)
    yield f"  WIRE_{prefix}_BYTES = {at},"
    yield "};"
    yield ""


def render() -> str:
    """The header's text."""
    lines = [_OPENING]
    lines += [
        "enum {",
        f"  WIRE_VERSION = {messages.VERSION},",
        f"  WIRE_CRC_BYTES = {messages.CRC_BYTES},",
        f"  WIRE_BUILD_ID_BYTES = {messages.BUILD_ID_BYTES},",
        f"  WIRE_SHA256_BYTES = {messages.SHA256_BYTES},",
        f"  WIRE_MOST_READ = {messages.MOST_READ},",
        f"  WIRE_SLOT_BLOCK = {slot_messages.SLOT_BLOCK},",
        "};",
        "",
        "/* HELLO's flags: the device has just started. */",
        f"enum {{ WIRE_FLAG_UNASKED = {messages.FLAG_UNASKED} }};",
        "",
        "/* seq of a REFUSED whose request could not be read; HELLO's start before the first HELLO_REQUEST */",
        f"#define WIRE_SEQ_UNKNOWN 0x{messages.SEQ_UNKNOWN:04X}u",
        "",
    ]
    lines += _enum("wire_type_t", "", messages.MessageType, "First byte of a body.")
    lines += _enum("wire_reason_t", "REASON_", messages.Reason, "REFUSED's reason.")
    lines += _enum("wire_slot_command_t", "SLOT_", slot_messages.SlotCommand, "SLOT_DO's command.")
    lines += _offsets("HEADER", messages.HEADER, "Offsets in a body.")
    lines += _offsets("HELLO_REQUEST", messages.HELLO_REQUEST_PAYLOAD, "Offsets in HELLO_REQUEST's payload.")
    lines += _offsets(
        "INFER_ELEMENTS",
        messages.INFER_ELEMENTS_PAYLOAD,
        "Offsets in INFER_ELEMENTS' payload, both float32; then the elements, packed.",
    )
    lines += _offsets(
        "TRACE", messages.TRACE_PAYLOAD, "Offsets in TRACE's payload; then the input tensors' bytes, packed."
    )
    lines += _offsets("ROW", messages.ROW_PAYLOAD, "Offsets in ROW's payload; then a row of the input, packed.")
    lines += _offsets("TRACE_ROW", messages.TRACE_ROW_PAYLOAD, "Offsets in TRACE_ROW's payload; then as ROW's.")
    lines += _offsets("TAKEN", messages.TAKEN_PAYLOAD, "Offsets in TAKEN's payload.")
    lines += _offsets("READ", messages.READ_PAYLOAD, "Offsets in READ's payload.")
    lines += _offsets("BYTES", messages.BYTES_PAYLOAD, "Offsets in BYTES' payload; then the first bytes.")
    lines += _offsets(
        "SLOT_WRITE", slot_messages.SLOT_WRITE_PAYLOAD, "Offsets in SLOT_WRITE's payload; then the block."
    )
    lines += _offsets("SLOT_DO", slot_messages.SLOT_DO_PAYLOAD, "Offsets in SLOT_DO's payload.")
    lines += _offsets("SLOTS", slot_messages.SLOTS_PAYLOAD, "Offsets in SLOTS' payload.")
    lines += _offsets(
        "LAYER", messages.LAYER_PAYLOAD, "Offsets in LAYER's payload; then these bytes of its output, if asked for."
    )
    lines += _offsets("RESULT", messages.RESULT_PAYLOAD, "Offsets in RESULT's payload; then the output tensors' bytes.")
    lines += _offsets("REFUSED", messages.REFUSED_PAYLOAD, "Offsets in REFUSED's payload.")
    lines += _offsets(
        "HELLO",
        messages.HELLO_PAYLOAD,
        "Offsets in HELLO's payload; then the ends, then runtime and board, NUL-terminated.",
    )
    lines += _offsets("END", messages.END, "Offsets in an end, as HELLO has one for each input and each output.")
    lines += ["#endif", ""]
    return "\n".join(lines)


def main() -> None:
    """Write firmware/core/wire.h."""
    write_atomically(resources.firmware() / "core" / "wire.h", render().encode("ascii"))


if __name__ == "__main__":
    main()
