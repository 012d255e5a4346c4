"""Boards whose interface chip shows a drive: which drive is meant, what is copied there, and what it says of it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.nano33.fakes import Recorder, build_of, image, patient
from toolkit import board as boards
from toolkit.errors import FlashError
from toolkit.flash import hex_file, mass_storage
from toolkit.link.serial_ports import UsbPort

NUCLEO = boards.load("nucleo-f446re")
MICROBIT = boards.load("microbit-v2")
TIMING = patient(appear=0.4)


class Interface:
    """An ST-LINK or DAPLink: takes a file off its drive, and perhaps says why it did not like it."""

    def __init__(self, drive: Path, usb_id: str, refuses: str = "") -> None:
        self.drive, self.refuses = drive, refuses
        self.taken: dict[str, bytes] = {}
        vendor, product = (int(word, 16) for word in usb_id.split(":"))
        self._port = UsbPort("/dev/ttyACM0", vendor, product, "0671FF", "STM32 STLink")
        drive.mkdir(parents=True)
        (drive / "DETAILS.TXT").write_text("Version: 0221\r\n")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            for path in self.drive.glob("FIRMWARE.*"):
                time.sleep(0.02)  # until all of it has been written
                self.taken[path.name] = path.read_bytes()
                if self.refuses:
                    (self.drive / "FAIL.TXT").write_text(self.refuses)
                path.unlink()
            time.sleep(0.002)

    def ports(self) -> tuple[UsbPort, ...]:
        """The serial port, and the drive as a virtual board publishes it."""
        return (self._port, UsbPort(str(self.drive), self._port.vid, self._port.pid))


@pytest.fixture(name="binary")
def _binary(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image(1000))
    return path


@pytest.mark.parametrize("label", ["NODE_F446RE", "NOD_F446RE", "NODE_F446RE1"])
def test_a_bin_is_copied_to_the_nucleos_drive(tmp_path: Path, binary: Path, label: str) -> None:
    board = Interface(tmp_path / label, "0483:374b")
    recorder = Recorder()
    port = mass_storage.flash(NUCLEO, build_of(binary), None, recorder, lister=board.ports, timing=TIMING)
    assert port == "/dev/ttyACM0"
    assert board.taken == {"FIRMWARE.BIN": binary.read_bytes()}
    assert f"copying to {tmp_path / label}" in recorder.texts


def test_a_hex_is_copied_to_the_microbits_drive(tmp_path: Path, binary: Path) -> None:
    board = Interface(tmp_path / "MICROBIT", "0d28:0204")
    assert mass_storage.flash(MICROBIT, build_of(binary), lister=board.ports, timing=TIMING) == "/dev/ttyACM0"
    assert decoded(board.taken["FIRMWARE.HEX"].decode()) == (MICROBIT.memory.flash.start, binary.read_bytes())


def test_what_the_board_says_against_it_is_passed_on(tmp_path: Path, binary: Path) -> None:
    board = Interface(tmp_path / "MICROBIT", "0d28:0204", refuses="error: The interface firmware FAILED to reset\r\n")
    with pytest.raises(FlashError, match="did not take the program: error: The interface firmware FAILED"):
        mass_storage.flash(MICROBIT, build_of(binary), lister=board.ports, timing=TIMING)


def test_another_boards_drive_is_not_taken(tmp_path: Path, binary: Path) -> None:
    board = Interface(tmp_path / "NODE_F411RE", "0483:374b")
    with pytest.raises(FlashError, match="no ST Nucleo-F446RE shows its drive NODE_F446RE or NOD_F446RE"):
        mass_storage.flash(NUCLEO, build_of(binary), lister=board.ports, timing=TIMING)
    assert not board.taken


def test_of_two_drives_one_is_named(tmp_path: Path, binary: Path) -> None:
    first = Interface(tmp_path / "a" / "NODE_F446RE", "0483:374b")
    second = Interface(tmp_path / "b" / "NODE_F446RE", "0483:374b")

    def ports() -> tuple[UsbPort, ...]:
        return (first.ports()[0], first.ports()[1], second.ports()[1])

    with pytest.raises(FlashError, match="2 boards show a drive; name it with --port"):
        mass_storage.flash(NUCLEO, build_of(binary), lister=ports, timing=TIMING)
    mass_storage.flash(NUCLEO, build_of(binary), str(second.drive), lister=ports, timing=TIMING)
    assert second.taken and not first.taken


def decoded(text: str) -> tuple[int, bytes]:
    """An Intel HEX file, read by another hand: first address, bytes."""
    upper = 0
    data: dict[int, int] = {}
    lines = text.split()
    for line in lines:
        record = bytes.fromhex(line[1:])
        assert line[0] == ":" and sum(record) & 0xFF == 0 and len(record) == record[0] + 5
        address, kind = int.from_bytes(record[1:3], "big"), record[3]
        if kind == 4:
            upper = int.from_bytes(record[4:6], "big") << 16
        elif kind == 0:
            data |= {upper + address + place: byte for place, byte in enumerate(record[4:-1])}
    assert lines[-1] == ":00000001FF"
    start = min(data)
    return start, bytes(data[start + place] for place in range(len(data)))


@pytest.mark.parametrize("start", [0, 0xFFF0, 0x0800_0000, 0x1_8000])
def test_hex_says_where_each_byte_lies(start: int) -> None:
    content = bytes(place % 251 for place in range(70_003))
    assert decoded(hex_file.encode(content, start).decode()) == (start, content)
