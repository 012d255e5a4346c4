"""TFLM_DIR: a TensorFlow Lite Micro library that its own build has made, found and examined. It is never built here."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import ARMAttributesSection

from toolkit import registry
from toolkit.board import Board
from toolkit.errors import ToolError

VARIABLE = "TFLM_DIR"
ARCHIVE = "libtensorflow-microlite.a"

# Where TFLM's own makefile (gen/<target>/lib), an installation or a plain folder keeps the archive, and where a
# checkout, create_tflm_tree.py or an installation keeps the headers.
_ARCHIVES = (ARCHIVE, f"lib/{ARCHIVE}", f"gen/*/lib/{ARCHIVE}")
_ROOTS = ("", "include", "src", "third_party", "tensorflow/lite/micro/tools/make/downloads")
_HEADERS = (
    ("TFLM", ("",), "tensorflow/lite/micro/micro_interpreter.h"),
    ("flatbuffers", ("", "flatbuffers/include"), "flatbuffers/flatbuffers.h"),
    ("gemmlowp", ("", "gemmlowp"), "fixedpoint/fixedpoint.h"),
)

_MICROCONTROLLER = ord("M")


@dataclass(frozen=True)
class Library:
    """A library for bare-metal boards.

    Attributes:
        archive: the archive, relative to TFLM_DIR.
        includes: folders of headers, relative to TFLM_DIR.
        defines: what the headers must be compiled with to agree with the archive.
        sha256: of the archive.
        vector: it was built for a core with MVE: its kernels may ask more of the arena.
        profiles: it tells a profiler of its operators; one built without error strings does not.
    """

    archive: str
    includes: tuple[str, ...]
    defines: tuple[str, ...]
    sha256: str
    vector: bool = False
    profiles: bool = False

    def makefile(self) -> str:
        """What the project's Makefile includes; nothing in it depends on where TFLM_DIR lies."""
        flags = [f"-isystem $(TFLM_DIR)/{folder}".rstrip("/") for folder in self.includes]
        flags += [f"-D{define}" for define in self.defines]
        return (
            "# The TensorFlow Lite Micro library that this project was generated for. It is linked, not built here.\n"
            f"# SHA-256 of the archive: {self.sha256}\n"
            f"ifeq ($(TFLM_DIR),)\n$(error set TFLM_DIR to the folder that holds {self.archive})\nendif\n"
            f"TFLM_LIBRARY := $(TFLM_DIR)/{self.archive}\n"
            f"TFLM_CPPFLAGS := {' '.join(flags)}\n"
        )


def find_library(environment: Mapping[str, str], board: Board) -> Library:
    """The library that TFLM_DIR names, examined for this board.

    Raises:
        ToolError: TFLM_DIR is not set, holds no library or several, lacks headers, or was built for another core.
    """
    named = environment.get(VARIABLE, "")
    if not named:
        raise ToolError(
            f"the tflm runtime on {board.id} needs {VARIABLE}, which is not set",
            f"set it to a folder with {ARCHIVE}, made by TFLM's own build, and its headers; or use --runtime aot",
        )
    root = Path(named)
    found = sorted({path for pattern in _ARCHIVES for path in root.glob(pattern)})
    if not found:
        raise ToolError(
            f"{VARIABLE}={named} holds no {ARCHIVE}", f"build TFLM there first; looked for: {', '.join(_ARCHIVES)}"
        )
    fitting = [path for path in found if _misfit(path, board) is None]
    if not fitting:
        raise ToolError(
            f"{found[0]} {_misfit(found[0], board)}", f"build TFLM for it with: {' '.join(board.cpu.gcc_flags)}"
        )
    if len(fitting) > 1:
        raise ToolError(
            f"{VARIABLE}={named} holds {len(fitting)} libraries that fit {board.id}: {', '.join(map(str, fitting))}",
            "leave only one of them, or copy it and the headers to a folder of their own",
        )
    archive = fitting[0]
    content = archive.read_bytes()
    symbols = _symbols(content)
    # The headers must be told what the archive was built with. TF_LITE_STATIC_MEMORY changes the layout of TfLiteTensor
    # and TfLiteNode: a library built without it holds the functions that free tensors (c/common.cc). A release library
    # is built with TF_LITE_STRIP_ERROR_STRINGS and has no MicroPrintf, which the headers' inline code calls otherwise.
    defines = {
        "TF_LITE_STATIC_MEMORY": "TfLiteTensorDataFree" not in symbols,
        "TF_LITE_STRIP_ERROR_STRINGS": not any("MicroPrintf" in name for name in symbols),
    }
    return Library(
        archive=archive.relative_to(root).as_posix(),
        includes=tuple(dict.fromkeys(_include(root, *wanted) for wanted in _HEADERS)),
        defines=tuple(name for name, wanted in defines.items() if wanted),
        sha256=hashlib.sha256(content).hexdigest(),
        vector=_has_vectors(content),
        profiles=not defines["TF_LITE_STRIP_ERROR_STRINGS"],
    )


def _include(root: Path, what: str, folders: tuple[str, ...], header: str) -> str:
    for base in _ROOTS:
        for folder in folders:
            place = root / base / folder
            if (place / header).is_file():
                return place.relative_to(root).as_posix().removeprefix(".")
    raise ToolError(f"{root} lacks the headers of {what} ({header})", f"{VARIABLE} must hold them beside the archive")


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of a Unix archive's members (ar.h)."""
    if not archive.startswith(b"!<arch>\n"):
        return
    at = 8
    while at + 60 <= len(archive):
        header = archive[at : at + 60]
        size = int(header[48:58])
        yield header[:16].decode("ascii", "replace").rstrip(), archive[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def _symbols(archive: bytes) -> frozenset[str]:
    """The names that an archive defines, from its index."""
    for name, content in _members(archive):
        if name == "/":
            (count,) = struct.unpack_from(">I", content)
            return frozenset(content[4 + 4 * count :].decode("ascii", "replace").split("\0"))
    return frozenset()


def _misfit(path: Path, board: Board) -> str | None:
    """Why code of this archive cannot run on the board, in words; None if it can."""
    try:
        for name, content in _members(path.read_bytes()):
            if not content.startswith(b"\x7fELF"):
                continue
            elf = ELFFile(io.BytesIO(content))
            if elf["e_machine"] != "EM_ARM":
                return f"is not for Arm ({elf['e_machine']} in {name})"
            attributes = _attributes(elf)
            if attributes.get("TAG_CPU_ARCH") not in registry.load(registry.ISAS, board.cpu.isa).ISA.runs:
                return f"was built for another core than {board.id}'s {board.mcu.cpu}"
            # Both profiles of v7 share a number; code for v6-M has no profile tag.
            if attributes.get("TAG_CPU_ARCH_PROFILE", _MICROCONTROLLER) != _MICROCONTROLLER:
                return f"was built for another core than {board.id}'s {board.mcu.cpu}"
            hard = attributes.get("TAG_ABI_VFP_ARGS", 0) == 1
            if hard != ("-mfloat-abi=hard" in board.cpu.gcc_flags):
                return f"passes floats in {'floating-point' if hard else 'core'} registers, unlike code for {board.id}"
            return None
    except (OSError, ELFError, ValueError, struct.error) as caught:
        return f"cannot be read: {caught}"
    return "holds no object file"


def _has_vectors(archive: bytes) -> bool:
    """Any object was compiled for a core with MVE: assembly beside it may carry no such attribute."""
    elves = (content for _, content in _members(archive) if content.startswith(b"\x7fELF"))
    return any(_attributes(ELFFile(io.BytesIO(content))).get("TAG_MVE_ARCH", 0) > 0 for content in elves)


def _attributes(elf: ELFFile) -> dict[str, int]:
    section = elf.get_section_by_name(".ARM.attributes")
    if not isinstance(section, ARMAttributesSection):
        return {}
    return {
        attribute.tag: attribute.value
        for vendor in section.iter_subsections()
        for scope in vendor.iter_subsubsections("TAG_FILE")
        for attribute in scope.iter_attributes()
        if isinstance(attribute.value, int)
    }
