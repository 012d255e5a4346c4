"""The nRF52840 port's USB driver on the virtual board, and the board's own behaviour."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import serial

from tests.nano33.conftest import Edits, Start, compile_echo
from tests.nano33.fakes import NANO33, Recorder, build_of, image
from toolkit.errors import EmulatorError
from toolkit.flash import samba
from toolkit.flash.samba_protocol import pad

pytestmark = pytest.mark.emulator

BOOTLOADER, APPLICATION = "2341:005a", "2341:805a"


def test_it_enumerates_as_the_board_does(echo: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    running.sketch()
    (port,) = running.ports()
    assert (port.usb_id, port.serial_number, port.product) == (APPLICATION, "8F1B5A1D2C3E4F50", "Nano 33 BLE")
    assert Path(port.device).is_symlink() and Path(port.device).resolve().is_char_device()


def test_bytes_of_every_length_come_back_unchanged(echo: Path, start: Start) -> None:
    dice = random.Random(4)
    with serial.Serial(start(echo.read_bytes()).sketch(), 115_200, timeout=5) as link:
        for size in (1, 2, 62, 63, 64, 65, 127, 128, 129, 192, 199, 200, 1000, 4000):
            sent = dice.randbytes(size)
            link.write(sent)
            assert link.read(size) == sent, size


def test_nothing_is_lost_when_the_host_is_faster(echo: Path, start: Start) -> None:
    """Flow control end to end: 200 kB written without waiting, read late."""
    sent = random.Random(5).randbytes(200_000)
    with serial.Serial(start(echo.read_bytes()).sketch(), 115_200, timeout=0.2, write_timeout=0) as link:
        got = bytearray()
        place = 0
        deadline = time.monotonic() + 20
        while len(got) < len(sent) and time.monotonic() < deadline:
            if place < len(sent):
                place += link.write(sent[place : place + 3000]) or 0
            if place - len(got) > 6000 or place == len(sent):
                got += link.read(3000)
        assert bytes(got) == sent


def test_the_virtual_board_has_no_time_and_says_so(echo: Path, start: Start) -> None:
    with serial.Serial(start(echo.read_bytes()).sketch(), 115_200, timeout=5) as link:
        link.write(b"#")
        assert link.read(5) == bytes(5)  # PORT_TICKS_NONE, and no ticks


def test_where_there_is_a_cycle_counter_the_same_program_counts_microseconds(echo: Path, start: Start) -> None:
    """64 cycles are a microsecond, and the 32 bits of microseconds go on where those of the cycles wrap."""
    step = 1 << 30
    running = start(echo.read_bytes(), cycles_per_read=step)
    seen = []
    with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
        for _ in range(8):
            link.write(b"#")
            unit, *ticks = link.read(5)
            assert unit == 3  # PORT_TICKS_MICROSECONDS
            seen.append(int.from_bytes(ticks, "little"))
    assert all(value % (step // 64) == 0 for value in seen)
    assert max(seen) > 0xFFFFFFFF // 64, "it must not wrap where the cycles do"
    assert len(set(seen)) > 1


def test_the_touch_enters_the_bootloader_under_another_name(echo: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    sketch = running.sketch()
    serial.Serial(sketch, 1200).close()
    state = running.until(lambda state: state.mode == "bootloader" and bool(state.ports))
    (port,) = state.ports
    assert (port.usb_id, port.serial_number) == (BOOTLOADER, "8F1B5A1D2C3E4F50".rjust(32, "0"))
    assert port.device != sketch


@pytest.mark.parametrize("baud", [300, 9600, 115_200])
def test_other_rates_are_no_touch(echo: Path, start: Start, baud: int) -> None:
    running = start(echo.read_bytes())
    sketch = running.sketch()
    serial.Serial(sketch, baud).close()
    time.sleep(0.05)
    with serial.Serial(sketch, 115_200, timeout=5) as link:
        link.write(b"still here")
        assert link.read(10) == b"still here"


def test_a_port_left_at_1200_baud_may_be_opened_at_another_rate(echo: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    with serial.Serial(running.sketch(), 1200, timeout=5) as link:
        link.baudrate = 115_200
        link.write(b"x")
        assert link.read(1) == b"x"
    time.sleep(0.05)
    assert running.state().mode == "application"


def test_upload_over_virtual_usb(echo: Path, start: Start) -> None:
    """Touch, upload, CRCs, reset, sketch: the client of a desk, against a board that really boots what it was given."""
    running = start(echo.read_bytes())
    running.board.flash.write(0x10000 + 0x40000, b"left over")
    running.sketch()
    port = samba.flash(NANO33, build_of(echo), None, Recorder(), lister=running.ports)
    written = pad(echo.read_bytes())
    assert running.board.flash.content[0x10000 : 0x10000 + len(written)] == written
    with serial.Serial(port, 115_200, timeout=5) as link:
        link.write(b"new program")
        assert link.read(11) == b"new program"


def test_a_blank_board_waits_in_its_bootloader(echo: Path, start: Start) -> None:
    running = start(None)
    running.until(lambda state: state.mode == "bootloader" and bool(state.ports))
    recorder = Recorder()
    samba.flash(NANO33, build_of(echo), None, recorder, lister=running.ports)
    assert "starting from the beginning" in recorder.texts


def test_unplugged_in_mid_upload_and_flashed_again(tmp_path: Path, echo: Path, start: Start) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(echo.read_bytes() + image(60_000))
    running = start(echo.read_bytes())
    running.sketch()
    recorder = Recorder()

    def progress(step: object) -> None:
        recorder(step)  # type: ignore[arg-type]
        if recorder.steps[-1].done == 8192:
            running.board.press("unplug")

    with pytest.raises(Exception, match="the connection was lost after"):
        samba.flash(NANO33, build_of(large), None, progress, lister=running.ports)
    running.until(lambda state: state.mode == "unplugged")
    running.board.press("plug")
    running.until(lambda state: state.mode == "bootloader" and bool(state.ports))
    samba.flash(NANO33, build_of(large), None, Recorder(), lister=running.ports)
    assert running.state().mode == "application"


def test_a_double_tap_rescues_a_program_that_hangs(start: Start, echo: Path) -> None:
    hanging = bytearray(image(64))
    hanging[4:8] = (0x10011).to_bytes(4, "little")
    hanging[16:18] = b"\xfe\xe7"  # b .
    running = start(bytes(hanging))
    running.until(lambda state: state.mode == "application")
    time.sleep(0.1)
    running.board.press("double-tap")
    running.until(lambda state: state.mode == "bootloader" and bool(state.ports))
    samba.flash(NANO33, build_of(echo), None, Recorder(), lister=running.ports)
    assert running.sketch()


def test_the_reset_button_starts_the_program_anew(echo: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    first = Path(running.sketch()).resolve()
    running.board.press("reset")
    # The port's link is away for a moment, and what is away resolves to itself: it has to be there again.
    running.until(
        lambda state: any(port.exists() and port.resolve() != first for port in (Path(e.device) for e in state.ports))
    )
    with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
        link.write(b"anew")
        assert link.read(4) == b"anew"


def test_vbus_lost_and_back_without_a_reset(echo: Path, start: Start) -> None:
    """A board with another supply: the driver leaves the bus, even after an odd number of bytes, and joins again."""
    running = start(echo.read_bytes())
    for text, answer in ((b"even", b"even"), (b"?", b"\1\2")):
        with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
            link.write(text)
            assert link.read(len(answer)) == answer
        running.board.press("vbus-off")
        running.until(lambda state: state.mode == "crashed" or not running.board.power.usb_enabled)
        running.board.press("vbus-on")
    assert running.sketch()


@pytest.mark.parametrize("unlocked", [False, True])
def test_the_errata_lock_may_be_open_already(echo: Path, start: Start, unlocked: bool) -> None:
    assert start(echo.read_bytes(), errata_unlocked=unlocked).sketch()


def test_a_fault_is_reported_with_its_place(echo: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
        link.write(b"!")
        state = running.until(lambda state: state.mode == "crashed")
    assert "processor fault at 0x0001" in (state.error or "")
    assert state.ports == ()


def test_unknown_commands_are_refused(start: Start) -> None:
    with pytest.raises(EmulatorError, match="knows no 'explode'"):
        start(None).board.press("explode")


USB, CONTROL = "usb_device.c", "usb_control.c"
SPOILT: dict[str, tuple[Edits, str]] = {
    "187": (
        {USB: ("  write_locked(&ERRATA_187, 3);\n  write_locked(&ERRATA_171", "  write_locked(&ERRATA_171")},
        "erratum 187",
    ),
    "187 not ended": ({USB: ("  write_locked(&ERRATA_187, 0);\n", "")}, "must be 0 again"),
    "171": ({USB: ("  write_locked(&ERRATA_171, 0xC0);\n", "")}, "erratum 171"),
    "171 not ended": ({USB: ("  write_locked(&ERRATA_171, 0);\n", "")}, "must be 0 again"),
    "lock not opened": ({USB: ("if (locked) ERRATA_KEY", "if (!locked) ERRATA_KEY")}, "erratum 187"),
    "199": ({USB: ("ERRATA_199 = 0x82;", "ERRATA_199 = 0;")}, "erratum 199"),
    "166": ({USB: ("  ERRATA_166_VALUE = 0x40;\n", "")}, "erratum 166"),
    "223": ({USB: ("if (!enabled_before)", "if (false)")}, "erratum 223"),
    "HFXO not awaited": ({USB: (" && CLOCK_HFCLKSTAT == CLOCK_HFCLKSTAT_XTAL_RUNNING", "")}, "HFXO does not run"),
    "READY not awaited": (
        {USB: ("while ((USBD_EVENTCAUSE & USBD_EVENTCAUSE_READY) == 0 && --turns > 0)", "while (false)")},
        "before EVENTCAUSE.READY",
    ),
    "DMA not awaited": ({USB: ("while (*ended == 0 && --turns > 0)", "while (false)")}, "EasyDMA"),
    "DMA from flash": (
        {CONTROL: ("  usb_ep_send(0, packet, size);", "  usb_ep_send(0, reply - size, size);")},
        "EasyDMA reaches RAM only",
    ),
    "toggle not selected": ({USB: ("  USBD_DTOGGLE = address; ", " ")}, "DTOGGLE"),
    "SET_ADDRESS answered": (
        {CONTROL: ("case SET_ADDRESS:", "case SET_ADDRESS:\n      usb_reply_accept();")},
        "TASKS_EP0STATUS for SET_ADDRESS",
    ),
    "configuration's length": (
        {"usb_descriptors.c": ("U16(CONFIGURATION_BYTES), 2", "U16(CONFIGURATION_BYTES + 1), 2")},
        "configuration descriptor",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_driver_that_skips_a_step_is_stopped_with_the_reason(
    name: str, tmp_path: Path, echo: Path, start: Start
) -> None:
    edits, reason = SPOILT[name]
    running = start(compile_echo(tmp_path / "build", edits).read_bytes())
    assert reason in (running.until(lambda state: state.mode == "crashed").error or "")


def test_without_the_crystal_the_board_never_appears(tmp_path: Path, echo: Path, start: Start) -> None:
    binary = compile_echo(tmp_path / "build", {USB: ("CLOCK_HFCLKSTART = 1;", "")})
    running = start(binary.read_bytes())
    time.sleep(0.5)
    assert running.state().mode == "application" and not running.ports()


def test_an_odd_number_of_bytes_before_disabling_is_found(tmp_path: Path, echo: Path, start: Start) -> None:
    binary = compile_echo(tmp_path / "build", {USB: ("if (dma_odd && !broken)", "if (false)")})
    running = start(binary.read_bytes())
    for text in (b"x", b"?") * 3:  # two bytes in all, or three: one makes an odd sum with those of the enumeration
        state = running.until(lambda state: bool(state.ports) or state.mode == "crashed")
        if state.mode == "crashed":
            break
        with serial.Serial(state.ports[0].device, 115_200, timeout=0.2) as link:
            link.write(text)
            link.read(2)
        running.board.press("vbus-off")
        running.until(lambda state: state.mode == "crashed" or not running.board.power.usb_enabled)
        running.board.press("vbus-on")
    assert "the number must be even" in (running.until(lambda state: state.mode == "crashed").error or "")
