"""The file that is copied, the drive that it is copied to, and the road there: with fakes, and no chip behind them."""

from __future__ import annotations

import dataclasses
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests.nano33.fakes import QUICK, Recorder, build_of
from toolkit import board as boards
from toolkit.emulate.rp2040js.board import FAMILY, INFO
from toolkit.emulate.uf2_drive import Target, Uf2Drive, Uf2Error, payload
from toolkit.errors import FlashError
from toolkit.flash import drives, uf2, uf2_file
from toolkit.flash.usb_board import OpenPort
from toolkit.link.serial_ports import PortLister, UsbPort

PICO = boards.load("pico")
TARGET = Target(FAMILY, 0x1000_0000, 2_097_152)


def image(size: int = 1000) -> bytes:
    """Bytes that the ROM would start: boot2 with its checksum, a stack pointer, a Thumb address, noise."""
    boot2 = bytes(n % 251 for n in range(252))
    noise = bytearray((n * n) % 251 for n in range(size - 256))
    noise[:8] = (0x2000_1000).to_bytes(4, "little") + (0x1000_0201).to_bytes(4, "little")
    return boot2 + uf2.crc32_mpeg2(boot2).to_bytes(4, "little") + bytes(noise)


def test_checksum_is_crc32_mpeg2() -> None:
    assert uf2.crc32_mpeg2(b"123456789") == 0x0376E6E7  # the check value of the catalogue of CRCs


@pytest.mark.parametrize("size", [1, 255, 256, 257, 13_588])
def test_what_is_written_is_what_a_drive_reads(size: int) -> None:
    data = bytes(n % 253 for n in range(size))
    file = uf2_file.encode(data, TARGET.start, FAMILY)
    assert len(file) == -(-size // 256) * 512
    assert payload(file, TARGET) == (TARGET.start, data.ljust(-(-size // 256) * 256, b"\xff"))


def _spoil(place: int, value: int, block: int = 1) -> bytes:
    file = bytearray(uf2_file.encode(image(), TARGET.start, FAMILY))
    struct.pack_into("<I", file, 512 * block + place, value)
    return bytes(file)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (_spoil(28, 0xADA52840), "block 1 is for family 0xada52840"),
        (_spoil(8, 0), "block 1 is for family"),
        (_spoil(8, 0x2001), "not for the main flash"),
        (_spoil(20, 2), "block 1 of 4 says that it is 2 of 4"),
        (_spoil(24, 5), "says that it is 1 of 5"),
        (_spoil(12, TARGET.start), "goes to 0x10000000, as one before"),
        (_spoil(12, 0x1020_0000), "goes to 0x10200000, where no program may lie"),
        (_spoil(12, 0x0FFF_FF00), "where no program may lie"),
        (_spoil(12, TARGET.start + 0x104), "not a page"),
        (_spoil(16, 476), "476 bytes"),
        (_spoil(4, 0), "no magic"),
        (_spoil(508, 0, 3), "no magic"),
        (_spoil(0, 0, 0)[:-1], "no whole number of blocks"),
    ],
)
def test_a_drive_says_what_is_wrong_with_a_file(file: bytes, said: str) -> None:
    with pytest.raises(Uf2Error, match=said):
        payload(file, TARGET)


class FakePico:
    """A Pico of which there is only what USB shows: a port that hears the touch, or the drive."""

    def __init__(self, folder: Path, name: str = "ttyACM0", *, takes: bool = True) -> None:
        self.drive = Uf2Drive(folder / "RPI-RP2", INFO, TARGET)
        self.flash = b""
        self.name = f"/dev/{name}"
        self.deaf = 0
        self.takes = takes
        self.starts = True
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = self.drive.look() if self.takes else None
            if found is not None:
                self.flash = found[1]
                self.drive.hide()
            time.sleep(0.001)

    def ports(self) -> tuple[UsbPort, ...]:
        """What is connected."""
        if self.drive.folder.is_dir():
            return (UsbPort(str(self.drive.folder), 0x2E8A, 3),)
        return (UsbPort(self.name, 0x2E8A, 0x000A, "", "Pico"),) if self.starts else ()

    def open(self, device: str, baud: int) -> FakePico:
        """Stands in for pyserial."""
        assert (device, baud) == (self.name, 1200)
        return self

    def close(self) -> None:
        """The touch."""
        self.deaf -= 1
        if self.deaf < 0:
            self.drive.show()


@pytest.fixture(name="binary")
def _binary(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image())
    return path


def _flash(
    pico: FakePico,
    binary: Path,
    port: str | None = None,
    *,
    lister: PortLister | None = None,
    open_port: Callable[[str, int], FakePico] | None = None,
) -> tuple[str, Recorder]:
    recorder, timing = Recorder(), dataclasses.replace(QUICK, appear=0.3)
    opener = cast(OpenPort, open_port or pico.open)
    build = build_of(binary)
    done = uf2.flash(PICO, build, port, recorder, lister=lister or pico.ports, open_port=opener, timing=timing)
    return done, recorder


def test_touch_drive_copy_and_the_programs_port(tmp_path: Path, binary: Path) -> None:
    pico = FakePico(tmp_path)
    pico.deaf = 1
    port, recorder = _flash(pico, binary)
    assert port == "/dev/ttyACM0"
    assert pico.flash[:1000] == image()
    assert "touching it again" in recorder.texts


@pytest.mark.parametrize("named", [False, True])
def test_a_board_that_shows_its_drive_already_is_not_touched(tmp_path: Path, binary: Path, named: bool) -> None:
    pico = FakePico(tmp_path)
    pico.drive.show()
    _, recorder = _flash(pico, binary, str(pico.drive.folder) if named else None)
    assert pico.flash[:1000] == image()
    assert "shows its drive already" in recorder.texts


def test_two_boards_must_be_named_and_the_other_is_left_alone(tmp_path: Path, binary: Path) -> None:
    first, second = FakePico(tmp_path / "1"), FakePico(tmp_path / "2", "ttyACM1")

    def lister() -> tuple[UsbPort, ...]:
        return (*first.ports(), *second.ports())

    with pytest.raises(FlashError, match="2 boards are connected; name one with --port"):
        _flash(first, binary, lister=lister)
    port, _ = _flash(second, binary, "/dev/ttyACM1", lister=lister, open_port=second.open)
    assert port == "/dev/ttyACM1" and second.flash and not first.flash
    first.drive.show()  # in its loader, which must not get the other's program
    second.flash = b""
    _flash(second, binary, "/dev/ttyACM1", lister=lister, open_port=second.open)
    assert second.flash and not first.flash


def test_another_boards_drive_is_refused(tmp_path: Path, binary: Path) -> None:
    folder = tmp_path / "FTHR840BOOT"
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text("UF2 Bootloader 0.7.0\r\nBoard-ID: nRF52840-Feather-revD\r\n")
    with pytest.raises(FlashError, match="it is the drive of nRF52840-Feather-revD"):
        _flash(FakePico(tmp_path), binary, str(folder))
    with pytest.raises(FlashError, match=r"no Raspberry Pi Pico is connected"):
        _flash(FakePico(tmp_path), binary, lister=lambda: (UsbPort(str(folder), 0x239A, 0x87),))


def test_a_board_that_hears_no_touch_says_which_button(tmp_path: Path, binary: Path) -> None:
    pico = FakePico(tmp_path)
    pico.deaf = 99
    with pytest.raises(FlashError, match="drive RPI-RP2 did not appear") as caught:
        _flash(pico, binary)
    assert "hold BOOTSEL" in caught.value.hint


def test_a_drive_that_stays_and_a_program_that_does_not_come(tmp_path: Path, binary: Path) -> None:
    pico = FakePico(tmp_path, takes=False)
    with pytest.raises(FlashError, match="did not take the file"):
        _flash(pico, binary)
    pico = FakePico(tmp_path / "other")
    opened = pico.open

    def open_port(device: str, baud: int) -> FakePico:
        pico.starts = False
        return opened(device, baud)

    with pytest.raises(FlashError, match="port did not appear"):
        _flash(pico, binary, open_port=open_port)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (image()[:100] + b"\0" + image()[101:], "checksum of its boot2"),
        (image()[256:], "no Cortex-M vector table"),
        (bytes(2_097_153), "the board takes 2097152"),
    ],
)
def test_an_image_that_would_not_start_is_refused(tmp_path: Path, spoilt: bytes, said: str) -> None:
    path = tmp_path / "spoilt.bin"
    path.write_bytes(spoilt)
    with pytest.raises(FlashError, match=said):
        _flash(FakePico(tmp_path), path)


def test_mounted_drives_are_those_with_fat(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/me/RPI-RP2 vfat rw 0 0\n"
        "/dev/sdc1 /media/me/my\\040stick exfat rw 0 0\n"
    )
    assert drives.mounted(mounts) == (Path("/media/me/RPI-RP2"), Path("/media/me/my stick"))
    assert drives.mounted(tmp_path / "none") == ()
    labels = tmp_path / "labels"
    labels.mkdir()
    assert drives.not_mounted("RPI-RP2", labels) is None
    (labels / "RPI-RP2").touch()
    assert f"udisksctl mount -b {labels / 'RPI-RP2'}" in (drives.not_mounted("RPI-RP2", labels) or "")
