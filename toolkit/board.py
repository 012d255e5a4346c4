"""Board files: TOML -> frozen Board. A new board on a known port and builder is one new file and no code.

What a builder, a flash method or an emulator wants to be told stands in a table of its own, `settings`, and each
checks its own: its module has a class `Settings`, a toml.Table. docs/board.schema.json is made from these classes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from toolkit import cpu, registry, resources, toml
from toolkit.artifacts import Runtime
from toolkit.cpu import Cpu
from toolkit.errors import BoardError
from toolkit.toml import Address, Count, Module, Optimise, Size, Table, Text, UsbId, UsbText, Word

Standing = Literal["on hardware", "emulated", "a sister chip's emulator", "by fakes only"]
"""How far this toolkit was tried with a board: on one; with an emulator of its chip; with one of another chip of its
family; or with nothing but programs that stand in for its tools."""


class NoSettings(Table, frozen=True, kw_only=True):
    """Of a module that wants to be told nothing."""


class Mcu(Table, frozen=True, kw_only=True):
    """`[mcu]`: part (the maker's name of the chip), cpu (a file of boards/cpus), clock_hz (core clock in Hz)."""

    part: Word
    cpu: Word
    clock_hz: Annotated[int, Meta(ge=0, le=100_000_000_000)]


class Region(Table, frozen=True, kw_only=True):
    """What the application may use of a memory: its first address, and its size in bytes."""

    start: Address
    size: Size


class Memory(Table, frozen=True, kw_only=True):
    """`[memory]`: what a bootloader leaves of flash and RAM; stack: bytes of RAM kept for the stack.

    The link script is rendered from it, and the size report holds the image against it.
    """

    flash: Region
    ram: Region
    stack: Count = 2048


class Slots(Table, frozen=True, kw_only=True):
    """`[slots]`: where a build with --slots keeps networks that come over the link.

    Attributes:
        memory: of both slots; it lies at the end of flash or RAM, which a build with slots has less of.
        page: bytes of it that are erased at once.
        writer: the folder of firmware/ports that writes it.
        arena: bytes of RAM kept for the tensors of whatever network comes.
    """

    memory: Region
    page: Annotated[int, Meta(ge=256, le=1 << 20)] = 4096
    writer: Module
    arena: Size

    @property
    def each(self) -> int:
        """Bytes of one slot."""
        return self.memory.size // 2


class Usb(Table, frozen=True, kw_only=True):
    """`[usb]`: "vid:pid" in hex, as the running application and as the bootloader, and what the application is called.

    A firmware whose port has USB of its own shows the first of `application`, and these texts. touch_value: what it
    leaves in the nRF52840's GPREGRET when it is touched, so that the bootloader stays.
    """

    application: tuple[UsbId, ...] = ()
    bootloader: tuple[UsbId, ...] = ()
    manufacturer: UsbText = "tinyml"
    product: UsbText = ""
    touch_value: Annotated[int, Meta(ge=1, le=0xFF)] = 0xB0


class Toolchain(Table, frozen=True, kw_only=True):
    """`[[toolchain]]`, in order of preference.

    Attributes:
        builder: of the room toolkit/build.
        framework: which folder of templates/ the project is rendered from: "bare", "bare_riscv", "arduino", "host".
        port: the folder of firmware/ports.
        runtimes: the engines that this road supports, the default one first.
        optimise: GCC's optimisation option.
        settings: the builder's own.
    """

    builder: Module
    framework: Module
    port: Module
    runtimes: Annotated[tuple[Runtime, ...], Meta(min_length=1)]
    optimise: Optimise = "-O3"
    settings: Any = msgspec.field(default_factory=dict)


class Upload(Table, frozen=True, kw_only=True):
    """A way to put an image on a board: method, of the room toolkit/flash, and its settings."""

    method: Module
    settings: Any = msgspec.field(default_factory=dict)


class Flash(Upload, frozen=True, kw_only=True):
    """`[flash]`: the way that is taken unasked, and `[[flash.other]]`: those that `--method` may name.

    A board that only exists emulated has none.
    """

    other: tuple[Upload, ...] = ()


class Emulator(Table, frozen=True, kw_only=True):
    """`[emulator]`: name, of the room toolkit/emulate, and its settings: what stands in for the board."""

    name: Module
    settings: Any = msgspec.field(default_factory=dict)


class Serial(Table, frozen=True, kw_only=True):
    """`[serial]`: how the board is talked to.

    Attributes:
        baud: of the link.
        quiet_ms: after its port was opened, for which nothing is sent unless the board speaks first. Opening resets a
            classic Arduino into its bootloader, which takes what is sent for an upload and stays.
    """

    baud: Annotated[int, Meta(ge=0, le=100_000_000)] = 115_200
    quiet_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0

    @property
    def quiet(self) -> float:
        """`quiet_ms` in seconds."""
        return self.quiet_ms / 1000


class BoardFile(Table, frozen=True, kw_only=True):
    """What a board's file holds."""

    name: Text
    standing: Standing
    mcu: Mcu
    memory: Memory
    toolchain: Annotated[tuple[Toolchain, ...], Meta(min_length=1)]
    flash: Flash | None = None
    emulator: Emulator | None = None
    slots: Slots | None = None
    usb: Usb = Usb()
    serial: Serial = Serial()
    aliases: tuple[Word, ...] = ()
    note: Text = ""


class Board(BoardFile, frozen=True, kw_only=True):
    """One board.

    Attributes:
        id: its file's name without the suffix.
        cpu: the abilities of its core.
        path: its file.
    """

    id: str
    cpu: Cpu
    path: Path

    @property
    def emulated(self) -> bool:
        """True if flashing it boots an emulator: there is no such board on a desk."""
        return self.flash is None

    @property
    def with_slots(self) -> Board:
        """The same with slots: what they take is no longer the program's.

        Raises:
            BoardError: it has no room for them, or they lie elsewhere.
        """
        if self.slots is None:
            have = ", ".join(board.id for board in load_all() if board.slots is not None)
            raise BoardError(f"{self.name} has no room for slots: its file has no [slots]", f"boards that have: {have}")
        taken = self.slots.memory
        for name in ("flash", "ram"):
            region: Region = getattr(self.memory, name)
            if region.start < taken.start and taken.start + taken.size == region.start + region.size:
                less = msgspec.structs.replace(region, size=taken.start - region.start)
                memory = msgspec.structs.replace(self.memory, **{name: less})
                return msgspec.structs.replace(self, memory=memory)
        raise BoardError(f"{self.path.name}: slots.memory is not the end of flash or RAM", "see boards/nano33.toml")

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


S = TypeVar("S", bound=Table)
User = TypeVar("User", Toolchain, Upload, Flash, Emulator)


def settings(user: Toolchain | Flash | Emulator | None, kind: type[S]) -> S | None:
    """What a board tells a module of this `Settings`; None if it is another's table, or there is none."""
    told = [user.settings] if user is not None else []
    if isinstance(user, Flash):
        told += [each.settings for each in user.other]
    return next((each for each in told if isinstance(each, kind)), None)


def _checked(user: User, room: registry.Room, name: str, file: str, under: str, key: str) -> User:
    """The same, its settings as its module wants them."""
    try:
        module = registry.load(room, name, BoardError)
    except BoardError as caught:
        raise BoardError(f"{file}: {under}.{key}: {caught.message}", caught.hint) from None
    kind: type[Table] = getattr(module, "Settings", NoSettings)
    told = toml.convert(user.settings, kind, file, f"{under}.settings")
    return msgspec.structs.replace(user, settings=told)


def _checked_flash(told: Flash, file: str) -> Flash:
    usual = _checked(told, registry.FLASHERS, told.method, file, "flash", "method")
    other = tuple(
        _checked(each, registry.FLASHERS, each.method, file, f"flash.other[{place}]", "method")
        for place, each in enumerate(told.other)
    )
    return msgspec.structs.replace(usual, other=other)


def parse(path: Path, workspace: Path | None = None) -> Board:
    """Read one board file.

    Args:
        workspace: the user's folder, whose boards/cpus is looked into first.

    Raises:
        BoardError: no TOML, an unknown or missing key, a bad value; the message names file and key.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", path.stem):
        raise BoardError(
            f"{path.name!r} is no name for a board file", "its name is the board's id: letters, digits and _ . + -"
        )
    file = path.name
    told = toml.convert(toml.read(path), BoardFile, file)
    if told.mcu.cpu not in cpu.names(workspace):
        raise BoardError(
            f"{file}: mcu.cpu is {told.mcu.cpu!r:.60}", f"it must be one of: {', '.join(cpu.names(workspace))}"
        )
    if told.flash is None and told.emulator is None:
        raise BoardError(f"{file}: flash is missing", "a board is flashed by [flash], or stood in for by [emulator]")
    toolchain = tuple(
        _checked(each, registry.BUILDERS, each.builder, file, f"toolchain[{place}]", "builder")
        for place, each in enumerate(told.toolchain)
    )
    flash = told.flash and _checked_flash(told.flash, file)
    emulator = told.emulator and _checked(
        told.emulator, registry.EMULATORS, told.emulator.name, file, "emulator", "name"
    )
    plain = {key: getattr(told, key) for key in told.__struct_fields__}
    whole = plain | {"toolchain": toolchain, "flash": flash, "emulator": emulator}
    return Board(id=path.stem, cpu=cpu.load(told.mcu.cpu, workspace), path=path, **whole)


def survey(workspace: Path | None = None) -> tuple[tuple[Board, ...], tuple[BoardError, ...]]:
    """Every board, sorted by id, and what is wrong with the files that are none: a bad one hurts no other.

    Args:
        workspace: the user's folder; its boards come before those of $TINYML_PATH, and these before the shipped ones.
    """
    files: dict[str, Path] = {}
    for folder in resources.board_folders(workspace):
        for path in folder.glob("*.toml"):
            files.setdefault(path.stem, path)
    found: list[Board] = []
    refused: list[BoardError] = []
    for _, path in sorted(files.items()):
        try:
            found.append(parse(path, workspace))
        except BoardError as caught:
            refused.append(caught)
    return tuple(found), tuple(refused)


def load_all(workspace: Path | None = None) -> tuple[Board, ...]:
    """Every board whose file is right, sorted by id."""
    return survey(workspace)[0]


def load(name: str, workspace: Path | None = None) -> Board:
    """The board with this id or alias, or of this file: a name that ends in .toml is a path.

    Raises:
        BoardError: there is none, and the hint lists those that are; or its own file is wrong.
    """
    if name.endswith(".toml"):
        return parse(Path(name), workspace)
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", name):
        for folder in resources.board_folders(workspace):
            if (folder / f"{name}.toml").exists():
                return parse(folder / f"{name}.toml", workspace)
    boards, refused = survey(workspace)
    for board in boards:
        if name in board.aliases:
            return board
    # The alias may stand in a file that cannot be read.
    others = "".join(f"; {error.message}" for error in refused)
    raise BoardError(f"there is no board {name!r}{others}", f"known boards: {', '.join(board.id for board in boards)}")
