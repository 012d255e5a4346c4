"""The bootloader of an emulated Arduino: the one that real boards carry, from the installed Arduino core.

The Uno's is built here from Arduino's own `optiboot.c`. The ready-made `optiboot_atmega328.hex` that Debian ships runs
past the end of flash: its compiler made of `LED_START_FLASHES=3` more than the 512 bytes there are. Without the
flashes it has 496.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from toolkit import process, resources
from toolkit.errors import EmulatorError

COMPILE_SECONDS = 60.0


@dataclass(frozen=True)
class Bootloader:
    """An image in Intel hex, and where the processor starts it (the BOOTRST fuse).

    Attributes:
        hex_file: the image.
        entry: byte address in flash.
    """

    hex_file: Path
    entry: int


OPTIBOOT_ENTRY = 0x7E00
"""The last 512 bytes of the ATmega328P: boot size fuses 0xDE of boards.txt."""
STK500V2_ENTRY = 0x3E000
"""The last 8 KiB of the ATmega2560: boot size fuses 0xD8 of boards.txt."""


def command(source: Path, elf: Path) -> list[str]:
    """The argv that builds optiboot for the Arduino Uno, with the options of its own Makefile; pure."""
    return [
        "avr-gcc",
        *("-mmcu=atmega328p", "-Os", "-fno-split-wide-types", "-w"),
        *("-DF_CPU=16000000L", "-DBAUD_RATE=115200", "-DLED_START_FLASHES=0"),
        *("-nostartfiles", "-nostdlib", "-Wl,--relax"),
        *(f"-Wl,--section-start=.text={OPTIBOOT_ENTRY:#x}", "-Wl,--section-start=.version=0x7ffe"),
        *("-o", str(elf), str(source)),
    ]


def _core() -> Path:
    core = resources.arduino_avr_core()
    if core is None:
        raise EmulatorError("Arduino's core for AVR boards is not installed", process.install_hint("avr-gcc"))
    return core


def _optiboot() -> Bootloader:
    source = _core() / "bootloaders" / "optiboot" / "optiboot.c"
    try:
        digest = hashlib.sha256(source.read_bytes())
    except OSError as caught:
        raise EmulatorError(f"cannot read {source}: {caught.strerror}", process.install_hint("avr-gcc")) from caught
    digest.update(process.run(["avr-gcc", "--version"], timeout=20).stdout.encode())
    folder = resources.cache() / "simavr" / digest.hexdigest()[:16]
    elf, hex_file, partial = folder / "optiboot.elf", folder / "optiboot.hex", folder / "optiboot.partial"
    if not hex_file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        process.run(command(source, elf), timeout=COMPILE_SECONDS)
        process.run(
            ["avr-objcopy", "-O", "ihex", "-j", ".text", "-j", ".version", str(elf), str(partial)],
            timeout=COMPILE_SECONDS,
        )
        partial.replace(hex_file)
    return Bootloader(hex_file, OPTIBOOT_ENTRY)


def find(mcu: str) -> Bootloader:
    """The bootloader of the Arduino board with this processor.

    Raises:
        EmulatorError: the Arduino core is not installed, or no board of ours has this processor.
        ToolError: avr-gcc is missing or failed.
    """
    if mcu == "atmega328p":
        return _optiboot()
    if mcu == "atmega2560":
        return Bootloader(_core() / "bootloaders" / "stk500v2" / "stk500boot_v2_mega2560.hex", STK500V2_ENTRY)
    raise EmulatorError(f"no bootloader is known for {mcu}", "known: atmega328p, atmega2560")
