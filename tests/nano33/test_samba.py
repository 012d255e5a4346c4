"""The bootloader's client against the bootloader model, over a link that may be faulty."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nano33.fakes import NANO33, QUICK, SERIAL, FakeBoard, Recorder, build_of, image, patient
from toolkit.errors import FlashError
from toolkit.flash import samba
from toolkit.flash.samba_protocol import Monitor, crc16, pad
from toolkit.flash.usb_board import SerialPort, choose
from toolkit.link.serial_ports import UsbPort

APPLICATION = 0x10000


def flash(board: FakeBoard, path: Path, recorder: Recorder | None = None, port: str | None = None) -> str:
    return samba.flash(
        NANO33,
        build_of(path),
        port,
        recorder or Recorder(),
        lister=board.ports,
        open_port=board.open,
        timing=QUICK,
    )


@pytest.fixture(name="binary")
def _binary(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image(10_000))
    return path


def test_crc_is_xmodem() -> None:
    assert crc16(b"123456789") == 0x31C3


def test_padding_is_to_whole_pages_of_erased_flash() -> None:
    assert pad(b"x") == b"x" + b"\xff" * 4095
    assert pad(bytes(4096)) == bytes(4096)


def test_upload(binary: Path) -> None:
    board = FakeBoard()
    board.flash.write(APPLICATION, image(20_000, seed=3))
    below = bytes(board.flash.content[:APPLICATION])
    recorder = Recorder()
    port = flash(board, binary, recorder)
    assert port == "/dev/ttyACM2"
    assert board.opened == [("/dev/ttyACM0", 1200), ("/dev/ttyACM1", 115_200)]
    assert board.flash.content[APPLICATION : APPLICATION + 12_288] == pad(image(10_000))
    assert bytes(board.flash.content[:APPLICATION]) == below
    writing = [(step.done, step.total) for step in recorder.steps if step.text == "writing"]
    assert writing == [(0, 12_288), (4096, 12_288), (8192, 12_288), (12_288, 12_288)]


def test_the_model_does_not_erase_for_an_unpadded_size_and_says_yes() -> None:
    board = FakeBoard(in_bootloader=True)
    board.flash.write(APPLICATION, bytes(4096))
    board.monitor.receive(b"S00000000,00000064#" + b"\xa5" * 100)
    assert board.monitor.receive(b"Y00000000,0#Y00000000,00000064#") == b"Y\n\rY\n\r"
    assert board.flash.content[APPLICATION : APPLICATION + 100] == bytes(100)


def test_a_board_already_in_its_bootloader_is_started_again_and_says_so(binary: Path) -> None:
    board = FakeBoard(in_bootloader=True)
    recorder = Recorder()
    flash(board, binary, recorder)
    assert "starting from the beginning" in recorder.texts
    assert all(baud != 1200 for _, baud in board.opened)


def test_a_sketch_that_misses_the_first_touch_is_touched_again(binary: Path) -> None:
    board = FakeBoard(deaf=1)
    recorder = Recorder()
    flash(board, binary, recorder)
    assert "touching it again" in recorder.texts


def test_a_sketch_that_ignores_the_touch(binary: Path) -> None:
    board = FakeBoard(deaf=99)
    with pytest.raises(FlashError, match="did not enter its bootloader") as caught:
        flash(board, binary)
    assert "twice" in caught.value.hint


def test_another_chip_is_refused_before_anything_is_written(binary: Path) -> None:
    board = FakeBoard(device=b"ATSAMD21G18A")
    before = bytes(board.flash.content)
    with pytest.raises(FlashError, match="another board"):
        flash(board, binary)
    assert bytes(board.flash.content) == before


def test_another_usb_id_is_refused(binary: Path) -> None:
    uno = UsbPort("/dev/ttyACM7", 0x2341, 0x0043, "123", "Arduino Uno")
    with pytest.raises(FlashError, match=r"not an Arduino Nano 33 BLE: its USB id is 2341:0043"):
        choose(NANO33, "/dev/ttyACM7", (uno,))


def test_two_boards_and_none_named_are_listed() -> None:
    two = (UsbPort("/dev/ttyACM0", 0x2341, 0x805A, "AA"), UsbPort("/dev/ttyACM3", 0x2341, 0x805A, "BB"))
    with pytest.raises(FlashError, match="2 boards are connected") as caught:
        choose(NANO33, None, two)
    assert "/dev/ttyACM0" in caught.value.hint and "BB" in caught.value.hint
    assert choose(NANO33, "/dev/ttyACM3", two) == two[1]


def test_no_board() -> None:
    with pytest.raises(FlashError, match="no Arduino Nano 33 BLE is connected"):
        choose(NANO33, None, (UsbPort("/dev/ttyUSB0", 0x1A86, 0x7523),))


def test_the_other_boards_bootloader_is_not_taken_for_ours(binary: Path) -> None:
    board = FakeBoard(deaf=99)
    foreign = UsbPort("/dev/ttyACM9", 0x2341, 0x005A, "0000" + "CAFE")

    def lister() -> tuple[UsbPort, ...]:
        return (*board.ports(), foreign)

    with pytest.raises(FlashError, match="did not enter"):
        samba.flash(NANO33, build_of(binary), "/dev/ttyACM0", lister=lister, open_port=board.open, timing=QUICK)


def test_serial_numbers_match_through_the_bootloaders_padding() -> None:
    sketch = UsbPort("a", 0x2341, 0x805A, SERIAL)
    assert sketch.is_same_board(UsbPort("b", 0x2341, 0x005A, SERIAL.rjust(32, "0").lower()))
    assert not sketch.is_same_board(UsbPort("b", 0x2341, 0x005A, "1" + SERIAL))


def nth(fault: Callable[[bytes], bytes], which: int, minimum: int = 1) -> Callable[[bytes], bytes]:
    """A link with a fault in the `which`-th write of at least `minimum` bytes."""
    count = 0

    def link(data: bytes) -> bytes:
        nonlocal count
        count += len(data) >= minimum
        return fault(data) if count == which and len(data) >= minimum else data

    return link


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "first byte dropped": lambda data: data[1:],
    "middle byte dropped": lambda data: data[: len(data) // 2] + data[len(data) // 2 + 1 :],
    "byte doubled": lambda data: data[:1] + data,
    "bit flipped": lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:] if len(data) > 2 else data,
    "all dropped": lambda _data: b"",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("which", [1, 5, 9, 10, 11, 12, 13, 14, 19])
def test_a_fault_on_the_way_to_the_board_is_mended_or_reported(binary: Path, fault: str, which: int) -> None:
    board = FakeBoard(to_board=nth(FAULTS[fault], which))
    try:
        flash(board, binary)
    except FlashError:
        assert fault == "all dropped" or which < 5, "one fault must be mended once the dialogue has begun"
        return
    assert board.flash.content[APPLICATION : APPLICATION + 12_288] == pad(image(10_000))


@pytest.mark.parametrize("seed", range(12))
def test_never_a_false_done(tmp_path: Path, seed: int) -> None:
    """Whatever the link does, a flash that returns has put the whole image on the board."""
    dice = random.Random(seed)
    binary = tmp_path / "firmware.bin"
    binary.write_bytes(image(9000, seed))

    def noisy(data: bytes) -> bytes:
        if dice.random() > 0.12:
            return data
        return FAULTS[dice.choice(sorted(FAULTS))](data)

    board = FakeBoard(to_board=noisy, to_host=noisy)
    board.flash.write(APPLICATION, image(30_000, seed=99))
    try:
        flash(board, binary)
    except FlashError as caught:
        assert caught.hint
        return
    assert board.flash.content[APPLICATION : APPLICATION + 12_288] == pad(image(9000, seed))


def test_a_block_that_never_takes_is_reported(binary: Path) -> None:
    board = FakeBoard(to_board=lambda data: data[:-1] + b"\x00" if len(data) == 4096 else data)
    with pytest.raises(FlashError, match=r"could not be written in 4 attempts: its CRC is"):
        flash(board, binary)


def test_unplugged_in_mid_upload_leaves_a_board_that_starts_nothing(binary: Path) -> None:
    board = FakeBoard()
    board.flash.write(APPLICATION, image(20_000, seed=3))

    def unplug(data: bytes) -> bytes:
        board.connected = False
        return data

    board.to_board = nth(unplug, 3, minimum=4096)
    with pytest.raises(FlashError, match=r"the connection was lost after \d+ of 12288 bytes"):
        flash(board, binary)
    board.connected, board.to_board = True, bytes
    board.restart(bootloader=False)
    assert board.in_bootloader, "a half-written program must not be started"
    recorder = Recorder()
    flash(board, binary, recorder)
    assert "interrupted" in recorder.texts
    assert board.flash.content[APPLICATION : APPLICATION + 12_288] == pad(image(10_000))


def test_a_program_that_does_not_come_up_is_reported(binary: Path) -> None:
    board = FakeBoard(in_bootloader=True, starts=False)
    with pytest.raises(FlashError, match="USB port did not appear"):
        flash(board, binary)


def test_an_elf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(b"\x7fELF" + bytes(100))
    with pytest.raises(FlashError, match="vector table") as caught:
        flash(FakeBoard(), path)
    assert ".bin" in caught.value.hint


def test_too_large_an_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image(8) + bytes(983_040))
    with pytest.raises(FlashError, match="the board takes 983040"):
        flash(FakeBoard(), path)


def test_a_missing_image_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="cannot read"):
        flash(FakeBoard(), tmp_path / "none.bin")


def test_the_filler_frees_a_monitor_that_waits_for_a_block() -> None:
    board = FakeBoard(in_bootloader=True)
    port = board.open("/dev/ttyACM0", 115_200)
    port.write(b"S00000000,00001000#" + bytes(10))
    monitor = Monitor(port, QUICK.reply, QUICK.quiet)
    monitor.synchronise()
    assert monitor.device() == "nRF52840-QIAA"


def test_a_port_without_permission_names_the_cure(binary: Path) -> None:
    board = FakeBoard()

    def forbidden(device: str, baud: int) -> SerialPort:
        raise PermissionError(13, "Permission denied", device)

    with pytest.raises(FlashError, match="no permission to open /dev/ttyACM0") as caught:
        samba.flash(NANO33, build_of(binary), lister=board.ports, open_port=forbidden, timing=patient(opening=0.0))
    assert "usermod -a -G" in caught.value.hint
