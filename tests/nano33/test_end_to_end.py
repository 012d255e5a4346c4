"""Port, core and an engine, flashed on the virtual board by the bootloader's client, and asked hundreds of times."""

from __future__ import annotations

import dataclasses
import random
import zlib
from pathlib import Path

import pytest
import serial
from cobs import cobs

from tests.nano33.conftest import Start, compile_firmware
from tests.nano33.fakes import NANO33, Recorder, build_of
from toolkit import flash, resources
from toolkit.errors import FlashError
from toolkit.flash import greeting, samba
from toolkit.link import Bounds
from toolkit.link.messages import VERSION, Hello, MessageType, TickUnit, body
from toolkit.link.packbits import pack

pytestmark = pytest.mark.emulator

FIRMWARE = Path(__file__).parent / "firmware"


@pytest.fixture(scope="module", name="firmware")
def _firmware(echo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole firmware around a small engine."""
    core = sorted((resources.firmware() / "core").glob("*.c"))
    return compile_firmware(tmp_path_factory.mktemp("firmware"), [FIRMWARE / "engine.c", *core])


def frame(content: bytes) -> bytes:
    return bytes(cobs.encode(content + zlib.crc32(content).to_bytes(4, "little"))) + b"\0"


def receive(link: serial.Serial) -> tuple[int, int, bytes]:
    """Type, sequence number and payload of the next frame."""
    while True:
        coded = link.read_until(b"\0")
        assert coded.endswith(b"\0"), "silence"
        if len(coded) > 1:
            content = cobs.decode(coded[:-1])
            assert zlib.crc32(content[:-4]).to_bytes(4, "little") == content[-4:]
            return content[0], int.from_bytes(content[1:3], "little"), content[3:-4]


def expected(image: bytes) -> bytes:
    return bytes(sum(image[k::10]) & 0xFF for k in range(10))


def ask_for_hello(link: serial.Serial) -> Hello:
    link.write(b"\0" + frame(body(MessageType.HELLO_REQUEST, 7, bytes([VERSION]))))
    while True:
        kind, seq, payload = receive(link)
        if kind == MessageType.HELLO and seq == 7:
            return Hello.decode(payload)


def test_touch_upload_hello_and_four_hundred_images(echo: Path, firmware: Path, start: Start) -> None:
    running = start(echo.read_bytes())
    running.sketch()
    port = samba.flash(NANO33, build_of(firmware), None, Recorder(), lister=running.ports)
    dice = random.Random(6)
    images = [bytes(dice.choices((0, 0, 0, 255, dice.randrange(256)), k=784)) for _ in range(400)]
    with serial.Serial(port, 115_200, timeout=5) as link:
        hello = ask_for_hello(link)
        assert (hello.board, hello.build_id, hello.input_bytes) == ("nano33", "0102030405060708", 784)
        assert hello.tick_unit is TickUnit.NONE
        assert 100 < hello.stack_bytes < 4096
        assert hello.rx_buffer >= 1024
        sent = answered = waiting = 0
        sizes: list[int] = []
        while answered < len(images):
            while sent < len(images) and (not sizes or waiting < hello.rx_buffer):
                request = frame(body(MessageType.INFER_TENSOR, sent, pack(images[sent])))
                link.write(request)
                sizes.append(len(request))
                waiting += len(request)
                sent += 1
            kind, seq, payload = receive(link)
            assert (kind, seq) == (MessageType.RESULT, answered)
            assert payload == bytes(4) + expected(images[answered])
            waiting -= sizes.pop(0)
            answered += 1


def test_a_reset_in_the_middle_of_a_frame(echo: Path, firmware: Path, start: Start) -> None:
    running = start(firmware.read_bytes())
    for _ in range(2):
        with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
            assert ask_for_hello(link).board == "nano33"
            link.write(frame(body(MessageType.INFER_TENSOR, 3, pack(bytes(784))))[:100])
            running.board.press("reset")
        running.until(lambda state: bool(state.ports))


def test_the_touch_works_while_the_firmware_is_in_use(echo: Path, firmware: Path, start: Start) -> None:
    running = start(firmware.read_bytes())
    with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
        ask_for_hello(link)
        link.write(frame(body(MessageType.INFER_TENSOR, 3, pack(bytes(784))))[:-5])
    assert samba.flash(NANO33, build_of(echo), None, Recorder(), lister=running.ports)


def test_the_flashed_program_says_who_it_is(echo: Path, firmware: Path, start: Start) -> None:
    running = start(firmware.read_bytes())
    running.sketch()
    build = dataclasses.replace(build_of(firmware), build_id="0102030405060708")
    recorder = Recorder()
    port = flash.load("samba")(NANO33, build, None, recorder, lister=running.ports)
    assert port == running.sketch()
    assert "asking the new program who it is" in recorder.texts


def test_another_build_on_the_board_is_no_success(echo: Path, firmware: Path, start: Start) -> None:
    port = start(firmware.read_bytes()).sketch()
    with pytest.raises(FlashError, match="the board runs build 0102030405060708, not 0123456789abcdef"):
        greeting.confirm(port, build_of(firmware), 115_200, Recorder())


def test_a_program_that_does_not_speak_the_wire_is_no_success(echo: Path, start: Start) -> None:
    port = start(echo.read_bytes()).sketch()
    with pytest.raises(FlashError, match="its program does not answer"):
        greeting.confirm(port, build_of(echo), 115_200, Recorder(), Bounds(contact=0.3, ask=0.1))
