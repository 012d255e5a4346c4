"""Clock, power, factory information, flash controller, UART and system control: as much of them as firmware needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

PERIPHERAL_PAGE = 0x1000

CLOCK_POWER, UART0, NVMC, USBD, ERRATA = 0x40000000, 0x40002000, 0x4001E000, 0x40027000, 0x4006E000
FICR, DWT, SCS = 0x10000000, 0xE0001000, 0xE000E000

RESETREAS_PIN, RESETREAS_SREQ = 1, 4


class Violation(Exception):  # noqa: N818 - it is what the firmware did, not what went wrong here
    """The firmware used a peripheral in a way that the chip does not forgive."""


class Memory(Protocol):
    """The processor's memory, as a bus master sees it."""

    def is_ram(self, address: int, size: int) -> bool:
        """True if all of it is RAM."""
        ...

    def read(self, address: int, size: int) -> bytes:
        """Copy from memory."""
        ...

    def write(self, address: int, data: bytes) -> None:
        """Copy to memory."""
        ...


class Peripheral(Protocol):
    """A block of registers."""

    def read(self, offset: int) -> int:
        """A word."""
        ...

    def write(self, offset: int, value: int) -> None:
        """A word."""
        ...


class Power:
    """CLOCK and POWER, which share their addresses.

    Attributes:
        gpregret: kept over a soft reset; how a program asks for the bootloader.
        vbus: the USB cable carries power.
        usb_enabled: set by USBD: its regulator runs then.
        on_poll: called when the firmware looks for VBUS and finds none.
    """

    _STARTING = 3

    def __init__(self) -> None:
        self.gpregret = 0
        self.resetreas = 0
        self.vbus = True
        self.on_poll: Callable[[], None] = lambda: None
        self.restart()

    def restart(self) -> None:
        """What a reset of any kind does."""
        self.usb_enabled = False
        self._crystal_in: int | None = None
        self._registers: dict[int, int] = {}

    @property
    def crystal_runs(self) -> bool:
        """HFCLK comes from the crystal."""
        return self._crystal_in == 0

    @property
    def output_ready(self) -> bool:
        """USB's 3.3 V are there."""
        return self.vbus and self.usb_enabled

    def read(self, offset: int) -> int:
        """A word."""
        match offset:
            case 0x100:  # EVENTS_HFCLKSTARTED
                self._start_up()
                return self._registers.get(offset, 0)
            case 0x400:
                return self.resetreas
            case 0x40C:  # HFCLKSTAT: the RC oscillator always runs
                self._start_up()
                return 0x10001 if self.crystal_runs else 0x10000
            case 0x438:  # USBREGSTATUS
                if not self.vbus:
                    self.on_poll()
                return int(self.vbus) | int(self.output_ready) << 1
            case 0x51C:
                return self.gpregret
            case _:
                return self._registers.get(offset, 0)

    def _start_up(self) -> None:
        if self._crystal_in:
            self._crystal_in -= 1
            if self._crystal_in == 0:
                self._registers[0x100] = 1

    def write(self, offset: int, value: int) -> None:
        """A word."""
        match offset:
            case 0x000 if value and self._crystal_in is None:  # TASKS_HFCLKSTART
                self._crystal_in = self._STARTING
            case 0x004 if value:  # TASKS_HFCLKSTOP
                self._crystal_in = None
            case 0x400:  # RESETREAS: writing 1 clears
                self.resetreas &= ~value
            case 0x51C:
                self.gpregret = value & 0xFF
            case _:
                self._registers[offset] = value


class Errata:
    """The page of registers that only the errata sheet names, behind a lock that its key toggles."""

    _KEY = 0x9375

    def __init__(self, *, unlocked: bool = False) -> None:
        self._unlocked = unlocked
        self.register_171 = 0
        self.register_187 = 0

    def read(self, offset: int) -> int:
        """A word; the lock reads 0 while it is closed."""
        return {0xC00: int(self._unlocked), 0xC14: self.register_171, 0xD14: self.register_187}.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """A word; nothing but the key is taken while the lock is closed."""
        if offset == 0xC00:
            if value == self._KEY:
                self._unlocked = not self._unlocked
        elif self._unlocked and offset == 0xC14:
            self.register_171 = value
        elif self._unlocked and offset == 0xD14:
            self.register_187 = value


class Nvmc:
    """The flash controller: pages are erased and words written, at once and not sooner than CONFIG allows.

    Args:
        erase: erases the page at an address; a ValueError of its is the program's fault.
    """

    CONFIG, ERASEPAGE = 0x504, 0x508
    READ_ONLY, WRITE, ERASE = 0, 1, 2

    def __init__(self, erase: Callable[[int], None]) -> None:
        self._registers: dict[int, int] = {}
        self._erase = erase

    @property
    def writes(self) -> bool:
        """Whether a word that is written to flash is."""
        return self._registers.get(self.CONFIG, 0) == self.WRITE

    def read(self, offset: int) -> int:
        """A word; READY and READYNEXT are always 1."""
        return 1 if offset in (0x400, 0x408) else self._registers.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """A word."""
        if offset == self.ERASEPAGE:
            if self._registers.get(self.CONFIG, 0) != self.ERASE:
                raise Violation("the program erases flash that NVMC.CONFIG does not let it erase")
            self._erase(value)
        elif self.CONFIG < offset < 0x540:  # ERASEALL, ERASEUICR, ERASEPAGEPARTIAL ...
            raise Violation("the program erases flash in a way that the virtual board does not model")
        self._registers[offset] = value


class Uart:
    """UART0 in its legacy form, transmitter only: the board's TX pin, where nothing is connected but a log."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self._registers: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """A word."""
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """A word."""
        if offset == 0x51C:  # TXD
            self.sent.append(value & 0xFF)
            self._registers[0x11C] = 1  # EVENTS_TXDRDY
        else:
            self._registers[offset] = value


class Dwt:
    """The trace unit without a cycle counter: there is no time here, and DWT_CTRL.NOCYCCNT says so.

    Args:
        cycles_per_read: not 0: a made-up counter that advances by so much with every look at it, with which tests hold
            the firmware's arithmetic to account. It measures nothing.
    """

    _NOCYCCNT = 1 << 25

    def __init__(self, cycles_per_read: int = 0) -> None:
        self._step = cycles_per_read
        self._count = 0
        self._enabled = False

    def read(self, offset: int) -> int:
        """A word."""
        if offset == 0:
            return int(self._enabled) if self._step else self._NOCYCCNT
        if offset == 4 and self._enabled:
            self._count = (self._count + self._step) & 0xFFFFFFFF
            return self._count
        return 0

    def write(self, offset: int, value: int) -> None:
        """A word; without a counter nothing can be set."""
        if self._step and offset == 0:
            self._enabled = bool(value & 1)
        elif self._step and offset == 4:
            self._count = value


class SystemControl:
    """SCS: SysTick, NVIC and SCB as plain registers; a reset request is passed on."""

    def __init__(self, reset: Callable[[], None]) -> None:
        self._reset = reset
        self._registers: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """A word."""
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """A word."""
        if offset == 0xD0C:  # AIRCR
            if value >> 16 == 0x05FA and value & 4:
                self._reset()
        else:
            self._registers[offset] = value


def factory_information(device_address: int) -> bytes:
    """FICR's page: DEVICEADDR (64 bits, of which the chip's radio uses 48), package and memory sizes.

    The two words of DEVICEADDR are what Arduino's core shows as the USB serial number, the upper one first.
    """
    page = bytearray(b"\xff" * PERIPHERAL_PAGE)
    page[0x0A4:0x0AC] = device_address.to_bytes(8, "little")
    for offset, value in ((0x010, 4096), (0x014, 256), (0x100, 0x52840), (0x10C, 256), (0x110, 1024)):
        page[offset : offset + 4] = value.to_bytes(4, "little")
    return bytes(page)
