"""Board files out of what others say of a board: PlatformIO's JSON, or an entry of an Arduino core's boards.txt.

Such a file says what a tool needs to build and upload, and little of the chip. What it does not say is left at what is
usual and told, in the file and to the user: nobody has tried such a board.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit import board
from toolkit.errors import BoardError

LARGEST = 4_000_000
"""Bytes: the largest boards.txt that is read; STM32duino's has two million."""

# What a core is called there, or how a chip's name begins -> our core; the longest that fits.
_CORES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0plus": "cortex-m0plus",
    "cortex-m3": "cortex-m3",
    "cortex-m33": "cortex-m33",
    "cortex-m4": "cortex-m4f",
    "cortex-m55": "cortex-m55",
    "cortex-m7": "cortex-m7",
    "atmega328p": "atmega328p",
    "atmega2560": "atmega2560",
    "esp32s3": "xtensa-lx7",
    "esp32c3": "rv32imc",
}
_ASSUMED = {
    "cortex-m4": "that the Cortex-M4 has its floating-point unit",
    "cortex-m33": "that the Cortex-M33 has its floating-point unit and DSP extension",
}
_RAM = {"atmega": 0x100, "cortex": 0x2000_0000, "xtensa": 0x3FC8_8000, "rv32": 0x3FC8_0000}


@dataclass
class Found:
    """What a file says of a board, and what it does not.

    Attributes:
        builder: which tool the file is for, with its settings as TOML lines.
        unknown: in words, what was left at what is usual.
    """

    id: str
    name: str
    source: str
    part: str
    core: str
    clock_hz: int
    flash: int
    ram: int
    builder: str
    settings: dict[str, str]
    start: int | None = None
    application: list[str] = field(default_factory=list)
    bootloader: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def _core(names: list[str], unknown: list[str]) -> str:
    """Our core for one of these names."""
    said = [name.lower() for name in names if name]
    fits = [known for known in _CORES if any(name == known or name.startswith(known) for name in said)]
    if not fits:
        raise BoardError(
            f"no core is known for {' or '.join(said) or 'a board that names none'}",
            f"add it to boards/cpus and write the board file by hand; known: {', '.join(_CORES)}",
        )
    found = max(fits, key=len)
    if found in _ASSUMED:
        unknown.append(_ASSUMED[found])
    return _CORES[found]


def _usb_ids(pairs: Any, file: str, unknown: list[str]) -> list[str]:
    """As board files write them; what that leaves open is added to `unknown`."""
    try:
        found = [f"{int(vid, 16):04x}:{int(pid, 16):04x}" for vid, pid in pairs if pid]
    except (TypeError, ValueError):
        raise BoardError(f"{file}: its USB ids are no pairs of numbers", "is it the file of a board?") from None
    if not found:
        unknown.append("its USB ids: name its port with --port")
    if len(found) > 1:
        unknown.append("which of its USB ids are the bootloader's")
    return found


def _number(value: Any, what: str, file: str) -> int:
    try:
        return int(str(value).rstrip("L").replace("_", ""), 0)
    except ValueError:
        raise BoardError(f"{file}: {what} is {str(value)!r:.60}, no number", "is it the file of a board?") from None


def from_platformio(path: Path, platform: str | None) -> Found:
    """What a PlatformIO board JSON says.

    Args:
        platform: with its version: "ststm32@19.6.0"; None: as platform.json of the installed platform says.

    Raises:
        BoardError: it is no such file, it is not for Arduino, its core is not known here, or the platform is not.
    """
    told = _json(path)
    try:
        made, upload = told["build"], told["upload"]
        name, mcu = str(told["name"]), str(made["mcu"])
        flash, ram = upload["maximum_size"], upload["maximum_ram_size"]
    except (KeyError, TypeError):
        raise BoardError(f"{path.name} is no PlatformIO board", "a file of boards/ of an installed platform") from None
    if "arduino" not in told.get("frameworks", ()):
        raise BoardError(f"{path.name} is not for Arduino's framework", "another board of that platform")
    unknown: list[str] = []
    ids = _usb_ids(made.get("hwids", ()), path.name, unknown)
    start = upload.get("offset_address")
    return Found(
        id=path.stem,
        name=name,
        source=f"PlatformIO's boards/{path.name}",
        part=mcu.upper(),
        core=_core([str(made.get("cpu", "")), mcu], unknown),
        clock_hz=_number(made.get("f_cpu", 0), "build.f_cpu", path.name),
        flash=_number(flash, "upload.maximum_size", path.name),
        ram=_number(ram, "upload.maximum_ram_size", path.name),
        builder="platformio",
        settings={"board": path.stem, "platform": platform or _platform(path)},
        start=_number(start, "upload.offset_address", path.name) if start else None,
        application=ids,
        unknown=unknown,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as caught:
        said = next(iter(str(caught).splitlines()), "")
        raise BoardError(f"{path.name} cannot be read: {said}", "a PlatformIO board JSON, or a boards.txt") from caught
    if not isinstance(told, dict):
        raise BoardError(f"{path.name} is no PlatformIO board", "a file of boards/ of an installed platform")
    return told


def _platform(path: Path) -> str:
    """The platform that a board's file lies in, with its version."""
    beside = path.resolve().parent.parent / "platform.json"
    if beside.is_file():
        told = _json(beside)
        if isinstance(told.get("name"), str) and isinstance(told.get("version"), str):
            return f"{told['name']}@{told['version']}"
    raise BoardError(
        f"which platform {path.name} belongs to is not known: there is no platform.json beside its folder",
        "name it: --platform ststm32@19.6.0",
    )


def from_boards_txt(path: Path, board_id: str | None, core: str | None) -> Found:
    """What an entry of a boards.txt says.

    Args:
        board_id: which; None if there is only one.
        core: "arduino:avr@1.8.6"; None: as the folder of an installed core says.

    Raises:
        BoardError: there is no such entry, it lacks what is needed, its core is not known here, or Arduino's is not.
    """
    entries = _entries(path)
    named = sorted(key.removesuffix(".name") for key in entries if re.fullmatch(r"[A-Za-z0-9_-]+\.name", key))
    if board_id is None and len(named) == 1:
        board_id = named[0]
    if board_id not in named:
        asked = f"no board {board_id!r:.60}" if board_id else f"{len(named)} boards"
        raise BoardError(f"{path.name} has {asked}", f"name one with --id: {', '.join(named[:12])} ...")
    own = {key.removeprefix(f"{board_id}."): value for key, value in entries.items() if key.startswith(f"{board_id}.")}
    unknown: list[str] = []
    try:
        flash, ram = own["upload.maximum_size"], own["upload.maximum_data_size"]
    except KeyError as caught:
        raise BoardError(
            f"{board_id} in {path.name} does not say {caught.args[0]}",
            "its sizes may hang on a menu's choice: write the board file by hand",
        ) from None
    numbers = [key.removeprefix("vid.") for key in own if re.fullmatch(r"vid\.\d+", key)]
    pairs = [(own[f"vid.{number}"], own.get(f"pid.{number}")) for number in sorted(numbers, key=int)]
    ids = _usb_ids(pairs, path.name, unknown)
    clock = own.get("build.f_cpu", "0").rstrip("L")
    if not clock.isdigit() or clock == "0":
        unknown.append("its clock")
        clock = "0"
    mcu = own.get("build.mcu", "")
    packaged = core or _packaged(path)
    return Found(
        id=board_id,
        name=own["name"],
        source=f"{packaged}, boards.txt, {board_id}",
        part=(mcu or "unknown").upper(),
        core=_core([mcu, own.get("build.cpu", "")], unknown),
        clock_hz=int(clock),
        flash=_number(flash, "upload.maximum_size", path.name),
        ram=_number(ram, "upload.maximum_data_size", path.name),
        builder="arduino_cli",
        settings={"fqbn": f"{packaged.split('@')[0]}:{board_id}", "core": packaged},
        application=ids,
        unknown=unknown,
    )


def _entries(path: Path) -> dict[str, str]:
    """key=value, a line; comments begin with #."""
    try:
        if path.stat().st_size > LARGEST:
            raise BoardError(f"{path.name} is larger than any boards.txt", "the file of an Arduino core")
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as caught:
        raise BoardError(f"{path.name} cannot be read: {caught.strerror}", "the boards.txt of a core") from caught
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def _packaged(path: Path) -> str:
    """The core that a boards.txt lies in: .../packages/PACKAGER/hardware/ARCHITECTURE/VERSION/boards.txt."""
    parts = path.resolve().parts
    if len(parts) > 6 and parts[-4] == "hardware" and parts[-6] == "packages":
        return f"{parts[-5]}:{parts[-3]}@{parts[-2]}"
    raise BoardError(
        f"which core {path} belongs to is not known: it does not lie where arduino-cli installs one",
        "name it: --core arduino:avr@1.8.6",
    )


def text(found: Found) -> str:
    """The board file."""
    kind = next(kind for kind in _RAM if found.core.startswith(kind))
    unknown = [*found.unknown]
    if found.start is None and kind != "atmega":
        unknown.append("where in flash a program begins")
    unknown.append("where its RAM lies, and how much of it a core leaves")
    found.unknown[:] = unknown
    words = "".join(f"# Not known: {each}.\n" for each in unknown)
    settings = "".join(f"{key} = {_quoted(value)}\n" for key, value in found.settings.items())
    return f"""name = {_quoted(found.name)}
standing = "by fakes only"
note = "No physical board was available: made by `tinyml boards add`, and not tried."

# Source: {found.source}.
{words}
[mcu]  # the source above
part = {_quoted(found.part)}
cpu = "{found.core}"
clock_hz = {found.clock_hz:_}

[memory]  # the source above: sizes; the addresses are what is usual
flash = {{ start = {found.start or 0:#x}, size = {found.flash:_} }}
ram = {{ start = {_RAM[kind]:#x}, size = {found.ram:_} }}
stack = {min(4096, max(256, found.ram // 16))}

[[toolchain]]
builder = "{found.builder}"
framework = "arduino"
port = "arduino"
runtimes = ["aot"]
[toolchain.settings]  # the source above
{settings}
[flash]
method = "{found.builder}"

[serial]
baud = 115_200

[usb]  # the source above
application = [{", ".join(_quoted(each) for each in found.application)}]
"""


def _quoted(value: str) -> str:
    """A TOML string: what is not printable, or would end it, becomes `?`; the board file's own check sees the rest."""
    return '"' + "".join(sign if sign.isprintable() and sign not in '"\\' else "?" for sign in value) + '"'


def add(found: Found, workspace: Path) -> Path:
    """Write the file into boards/ of a workspace, and read it as any other.

    Raises:
        BoardError: there is a file of this name, it cannot be written, or what was found is no board.
    """
    stem = re.sub(r"[^A-Za-z0-9_.+-]", "-", found.id)
    path = workspace / "boards" / f"{stem}.toml"
    if path.exists():
        raise BoardError(f"{path} is there already", "move it away, or edit it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(found), encoding="utf-8")
    except OSError as caught:
        raise BoardError(f"cannot write {path}: {caught.strerror}", "check the permissions of the folder") from caught
    try:
        board.parse(path, workspace)
    except BoardError:
        path.unlink()
        raise
    return path
