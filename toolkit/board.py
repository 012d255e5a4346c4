"""Board files: TOML -> frozen Board. A new board on a known port and builder is one new file and no code."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import resources
from toolkit.artifacts import Runtime
from toolkit.errors import BoardError


@dataclass(frozen=True)
class Cpu:
    """What a processor core can do: code chooses by ability, never by a chip's name.

    Attributes:
        isa: the kernels' instruction set: "armv6m", "armv7em", "armv8_1m_mve", "avr", "native".
        fpu: has single-precision floating point in hardware.
        gcc_flags: what GCC needs to generate code for it.
    """

    isa: str
    fpu: bool
    gcc_flags: tuple[str, ...]


CPUS: dict[str, Cpu] = {
    "cortex-m0": Cpu("armv6m", False, ("-mcpu=cortex-m0", "-mthumb", "-mfloat-abi=soft")),
    "cortex-m4f": Cpu("armv7em", True, ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")),
    # The kernels have vectors of their own; GCC 12's of the scalar ones gather and scatter, and take more instructions.
    "cortex-m55": Cpu("armv8_1m_mve", True, ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard", "-fno-tree-vectorize")),
    "atmega328p": Cpu("avr", False, ("-mmcu=atmega328p",)),
    "atmega2560": Cpu("avr", False, ("-mmcu=atmega2560",)),
    "native": Cpu("native", True, ()),
}


# What a string of a board file may be: most reach a Makefile, a shell, C source or another program's options, and must
# not be able to say anything else there. A key that is not named here is a WORD.
WORD = (r"[A-Za-z0-9][A-Za-z0-9_.+-]*", "a word of letters, digits and _ . + -")
_MODULE = (r"[a-z][a-z0-9_]*", "a name of small letters, digits and _")
_TEXT = (r"[^\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*", "one line of text without a backslash")
_PINNED = (
    r"[A-Za-z0-9][A-Za-z0-9_.:/ -]*(@[A-Za-z0-9_.+-]+| \([A-Za-z0-9_.+-]+\))?",
    'a name and a version, such as "arduino:avr@1.8.6"',
)
FORMS: dict[str, tuple[str, str]] = {
    "name": _TEXT,
    "note": _TEXT,
    "builder": _MODULE,
    "framework": _MODULE,
    "port": _MODULE,
    "method": _MODULE,
    "emulator": _MODULE,
    "fqbn": (r"[A-Za-z0-9_.-]+(:[A-Za-z0-9_.=,-]+){2,3}", 'such as "arduino:avr:uno"'),
    "core": _PINNED,
    "platform": _PINNED,
    "library": _PINNED,
    "header": (r"([A-Za-z0-9_+-]+/)*[A-Za-z0-9_+.-]+\.h(pp)?", "the name of a header, such as Arduino_Library.h"),
    "optimise": (
        r"-O([0-3sgz]|fast)?( -f[a-z0-9-]+(=[0-9]+)?)*",
        'GCC\'s option of optimisation, such as "-O2", and options that begin with -f',
    ),
    "application": (r"[0-9a-f]{4}:[0-9a-f]{4}", 'such as "2341:805a", in small letters'),
    "bootloader": (r"[0-9a-f]{4}:[0-9a-f]{4}", 'such as "2341:005a", in small letters'),
}

LIMITS: dict[str, int] = {"quiet_ms": 60_000, "baud": 100_000_000, "clock_hz": 100_000_000_000}
"""The highest value of a whole number; of any other 2**40."""


@dataclass(frozen=True)
class Mcu:
    """`[mcu]`: part (the maker's name of the chip), cpu (a key of CPUS), clock_hz (core clock in Hz)."""

    part: str
    cpu: str
    clock_hz: int


@dataclass(frozen=True)
class Memory:
    """`[memory]`: bytes that the application may use; stack: bytes of RAM kept for the stack."""

    flash: int
    ram: int
    stack: int = 2048


@dataclass(frozen=True)
class Toolchain:
    """`[[toolchain]]`, in order of preference.

    Attributes:
        builder: a module of toolkit/build.
        framework: which folder of templates/ the project is rendered from: "bare", "arduino", "host".
        port: the folder of firmware/ports.
        runtimes: the engines that this road supports, the default one first.
        fqbn: Arduino's fully qualified board name.
        core: Arduino's core with its version, as sketch.yaml pins it: "arduino:avr (1.8.6)".
        platformio: PlatformIO's board name.
        platform: PlatformIO's platform with its version: "atmelavr@5.2.0".
        library: the Arduino library of the runtime tflm, with its version: "Chirale_TensorFLowLite (2.0.0)".
        header: the header by which the Arduino tools find that library.
        optimise: GCC's optimisation option.
    """

    builder: str
    framework: str
    port: str
    runtimes: tuple[Runtime, ...]
    fqbn: str | None = None
    core: str | None = None
    platformio: str | None = None
    platform: str | None = None
    library: str | None = None
    header: str | None = None
    optimise: str = "-O3"


@dataclass(frozen=True)
class Flash:
    """`[flash]`: method (a module of toolkit/flash or toolkit/emulate) and what that method needs.

    Attributes:
        emulator: the module of toolkit/emulate that stands in for the board, if there is one.
        machine: the emulator's name of the machine.
        programmer: the protocol of the bootloader, as avrdude calls it.
    """

    method: str
    emulator: str | None = None
    machine: str | None = None
    programmer: str | None = None


@dataclass(frozen=True)
class Usb:
    """`usb` in `[serial]`: "vid:pid" in hex, as the running application and as the bootloader."""

    application: tuple[str, ...] = ()
    bootloader: tuple[str, ...] = ()


@dataclass(frozen=True)
class Serial:
    """`[serial]`: how the board is talked to.

    Attributes:
        baud: of the link.
        quiet_ms: after its port was opened, for which nothing is sent unless the board speaks first. Opening resets a
            classic Arduino into its bootloader, which takes what is sent for an upload and stays.
        usb: the ids that the port is found by.
    """

    baud: int = 115_200
    quiet_ms: int = 0
    usb: Usb = Usb()

    @property
    def quiet(self) -> float:
        """`quiet_ms` in seconds."""
        return self.quiet_ms / 1000


@dataclass(frozen=True)
class Board:
    """One board; `id` is its file's name without the suffix."""

    id: str
    name: str
    mcu: Mcu
    memory: Memory
    toolchain: tuple[Toolchain, ...]
    flash: Flash
    serial: Serial = Serial()
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def cpu(self) -> Cpu:
        """The abilities of the board's core."""
        return CPUS[self.mcu.cpu]

    @property
    def emulated(self) -> bool:
        """True if flashing it boots an emulator: there is no such board on a desk."""
        return self.flash.method == self.flash.emulator

    def toolchains(self, builder: str | None, runtime: Runtime | None) -> tuple[Toolchain, ...]:
        """The toolchains that serve the asked builder and runtime, the preferred one first; None asks for any.

        Raises:
            BoardError: there is none.
        """
        wanted = builder.replace("-", "_") if builder else None
        found = tuple(
            candidate
            for candidate in self.toolchain
            if wanted in (None, candidate.builder) and (runtime is None or runtime in candidate.runtimes)
        )
        if not found:
            have = "; ".join(f"{t.builder} ({', '.join(t.runtimes)})" for t in self.toolchain)
            asked = " and ".join(word for word in (builder, runtime) if word)
            raise BoardError(f"board {self.id} cannot be built with {asked}", f"it has: {have}")
        return found


def _convert(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        kind = next(arm for arm in typing.get_args(kind) if arm is not type(None))
        return _convert(kind, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise BoardError(f"{where} must be a list", "write it as [ ... ]")
        item = typing.get_args(kind)[0]
        return tuple(_convert(item, each, f"{where}[{place}]") for place, each in enumerate(value))
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise BoardError(f"{where} must be a table", f"write it as [{where.rsplit(' ', 1)[-1]}]")
        return _table(typing.cast(type[Any], kind), value, where)
    if kind is Runtime:
        try:
            return Runtime(value)
        except ValueError:
            raise BoardError(f"{where} is {value!r:.60}", f"one of: {', '.join(Runtime)}") from None
    if kind is int and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise BoardError(f"{where} must be a whole number, not {value!r:.60}", "bytes, hertz or baud, without quotes")
    if not isinstance(value, kind):
        raise BoardError(f"{where} must be a {kind.__name__}, not {value!r:.60}", "see the other files of boards/")
    key = re.sub(r"\[\d+\]$", "", where).rpartition(".")[2].rpartition(" ")[2]
    if kind is int and value > (most := LIMITS.get(key, 2**40)):
        raise BoardError(f"{where} is more than {most:,}", "bytes, hertz, baud or milliseconds")
    if kind is str:
        pattern, words = FORMS.get(key, WORD)
        if not re.fullmatch(pattern, value):
            raise BoardError(f"{where} is {value!r:.80}", f"it must be {words}")
    return value


def _table(kind: type[Any], table: dict[str, Any], where: str, **given: Any) -> Any:
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.name not in given}
    separator = ": " if where.endswith(".toml") else "."
    for key in table:
        if key not in fields:
            raise BoardError(f"{where}{separator}{key} is not a known key", f"known here: {', '.join(fields)}")
    values = dict(given)
    for name, spec in fields.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], f"{where}{separator}{name}")
        elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
            raise BoardError(f"{where}{separator}{name} is missing", "see the other files of boards/")
    return kind(**values)


def parse(path: Path) -> Board:
    """Read one board file.

    Raises:
        BoardError: no TOML, an unknown or missing key, a bad value; the message names file and key.
    """
    if not re.fullmatch(WORD[0], path.stem):
        raise BoardError(f"{path.name!r} is no name for a board file", f"its name is the board's id: {WORD[1]}")
    try:
        if path.exists() and not path.is_file():
            raise BoardError(f"{path.name} is no ordinary file", "a board is one TOML file")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as caught:
        raise BoardError(f"{path.name} cannot be read: {caught}", "check the file") from caught
    except (ValueError, RecursionError) as caught:  # of a number with thousands of digits, of brackets a thousand deep
        said = str(caught).splitlines()[0]
        raise BoardError(f"{path.name} is not valid TOML: {said}", "mend the line that it names") from caught
    board = typing.cast(Board, _table(Board, table, path.name, id=path.stem))
    if board.mcu.cpu not in CPUS:
        raise BoardError(f"{path.name}: mcu.cpu is {board.mcu.cpu!r:.60}", f"one of: {', '.join(CPUS)}")
    if not board.toolchain:
        raise BoardError(f"{path.name}: toolchain is empty", "a board needs at least one [[toolchain]]")
    for place, toolchain in enumerate(board.toolchain):
        if not toolchain.runtimes:
            raise BoardError(f"{path.name}: toolchain[{place}].runtimes is empty", "name at least one runtime")
    if board.memory.flash == 0 or board.memory.ram == 0:
        raise BoardError(f"{path.name}: memory.flash and memory.ram must not be 0", "the bytes an application may use")
    return board


def survey(folder: Path | None = None) -> tuple[tuple[Board, ...], tuple[BoardError, ...]]:
    """Every board, sorted by id, and what is wrong with the files that are none: a bad one hurts no other."""
    found: list[Board] = []
    refused: list[BoardError] = []
    for path in sorted((folder or resources.boards()).glob("*.toml")):
        try:
            found.append(parse(path))
        except BoardError as caught:
            refused.append(caught)
    return tuple(found), tuple(refused)


def load_all(folder: Path | None = None) -> tuple[Board, ...]:
    """Every board whose file is right, sorted by id."""
    return survey(folder)[0]


def load(name: str, folder: Path | None = None) -> Board:
    """The board with this id or alias.

    Raises:
        BoardError: there is none, and the hint lists those that are; or its own file is wrong.
    """
    if re.fullmatch(WORD[0], name):
        path = (folder or resources.boards()) / f"{name}.toml"
        if path.exists():
            return parse(path)
    boards, refused = survey(folder)
    for board in boards:
        if name in board.aliases:
            return board
    # The alias may stand in a file that cannot be read.
    others = "".join(f"; {error.message}" for error in refused)
    raise BoardError(f"there is no board {name!r}{others}", f"known boards: {', '.join(board.id for board in boards)}")
