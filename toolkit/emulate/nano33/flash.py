"""The nRF52840's flash: 1 MiB of NOR cells in pages of 4096 bytes."""

from __future__ import annotations

SIZE = 0x100000
PAGE = 4096
APPLICATION = 0x10000
"""Where the application starts on an Arduino Nano 33 BLE: the bootloader has the first 64 KiB."""


class Flash:
    """NOR flash: erasing sets every bit of a page, writing can only clear bits.

    Attributes:
        application: where the application starts; the bootloader has what is below.
    """

    def __init__(self, application: int = APPLICATION) -> None:
        self.application = application
        self.content = bytearray(b"\xff" * SIZE)

    def erase_page(self, address: int) -> None:
        """Set the page that begins at `address`, a multiple of PAGE, to 0xFF."""
        if address % PAGE or not 0 <= address < SIZE:
            raise ValueError(f"{address:#x} is no flash page")
        self.content[address : address + PAGE] = b"\xff" * PAGE

    def write(self, address: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`; no bit is ever set."""
        if address < 0 or address + len(data) > SIZE:
            raise ValueError(f"{address:#x} and {len(data)} bytes more are not in flash")
        old = int.from_bytes(self.content[address : address + len(data)], "little")
        self.content[address : address + len(data)] = (old & int.from_bytes(data, "little")).to_bytes(
            len(data), "little"
        )

    def application_starts(self) -> bool:
        """True if the bootloader would start the application: its stack pointer lies in RAM."""
        return self.content[self.application + 3] == 0x20
