"""The whole chain on an emulated Uno: Arduino's core, its bootloader, avrdude, and the proof at 115200 baud."""

from __future__ import annotations

import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from tests.uno.conftest import Power
from tests.uno.inputs import digits, prove
from toolkit import board as boards
from toolkit.artifacts import Build, sha256_of
from toolkit.build import avr_gcc
from toolkit.emulate import simavr
from toolkit.errors import FlashError
from toolkit.link import TickUnit, open_transport

pytestmark = pytest.mark.emulator

RAM = 2_048
SPARE = 128
MOST_CYCLES = 640_000  # 40 ms at 16 MHz


def test_run_proves_the_external_images(tmp_path: Path) -> None:
    done = tinyml(
        *("run", "--board", "uno", "--emulate", "--toolchain", "avr-gcc", "--limit", "0", "--json"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["proven"], result["bit_exact"], result["images"]) == (True, 10, 10)
    assert result["ticks"]["unit"] == "cycles"
    assert 100_000 < result["ticks"]["min"] <= result["ticks"]["max"] <= MOST_CYCLES
    build = json.loads((tmp_path / "build" / "uno" / "proposed-int8-aot" / "build.json").read_text())
    assert build["flash_bytes"] <= build["flash_limit"] == 32_256
    stack = result["device"]["stack_bytes"]
    assert 50 < stack <= build["size"]["stack_bytes"], "boards/uno.toml keeps less for the stack than it needs"
    assert build["ram_bytes"] + stack <= RAM - SPARE


def test_every_byte_of_any_image(power: Power, firmware: Build) -> None:
    uno = power()
    uno.upload(firmware)
    client = uno.client()
    hello = client.hello()
    assert (hello.board, hello.tick_unit, hello.rx_buffer) == ("uno", TickUnit.CYCLES, 0)
    assert hello.build_id == firmware.build_id
    answers = prove(client, firmware.model_path, digits(60))
    assert max(answer.ticks for answer in answers) <= MOST_CYCLES
    # An image costs the same each time, but for the core's own millisecond interrupt, which meets each of its 28 rows
    # otherwise: nothing depends on the host.
    for first, second in zip(answers, prove(client, firmware.model_path, digits(60)), strict=True):
        assert abs(first.ticks - second.ticks) <= 1500
    stats = client.stats
    client.close()
    assert (stats.resent, stats.damaged, stats.timeouts) == (0, 0, 0)


def test_bytes_lost_in_the_cores_ring_are_sent_again(power: Power, tmp_path: Path) -> None:
    """A sketch that now and then does not read for 12 ms, twice as long as the core's 63 bytes last.

    Each turn of the loop is a byte that came, or the core's interrupt of 1 ms. A row would fit the ring: images are
    whole here.
    """
    done = tinyml("build", "--board", "uno", "--toolchain", "avr-gcc", "--stream", "off", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    firmware = Build.load(tmp_path / "build" / "uno" / "proposed-int8-aot" / "build.json")
    shutil.copytree(firmware.project, tmp_path / "project")
    main = tmp_path / "project" / "project.ino"
    slow = "static uint16_t turn;\nvoid loop() {\n  if (++turn % 3001 == 0) delay(12);\n  tinyml_app_poll();\n}\n"
    main.write_text(main.read_text().replace("void loop() { tinyml_app_poll(); }\n", slow))
    board = boards.load("uno")
    built = avr_gcc.build(tmp_path / "project", board, board.toolchains("avr_gcc", None)[0])
    uno = power()
    uno.upload(Build(**{**vars(firmware), "image": built.image, "image_sha256": sha256_of(built.image.read_bytes())}))
    client = uno.client()
    prove(client, firmware.model_path, digits(40))
    stats = client.stats
    client.close()
    assert stats.resent > 0, "the sketch was not slow enough to lose anything"
    assert stats.resets == 0


def test_too_big_is_refused_before_any_upload(tmp_path: Path) -> None:
    done = tinyml(
        *("run", "--board", "uno", "--emulate", "--toolchain", "avr-gcc", "--dtype", "float32", "--limit", "0"),
        cwd=tmp_path,
    )
    assert done.returncode == 3
    assert "too big for Arduino Uno: RAM by " in done.stderr
    assert "+ 256 stack of 2,048)" in done.stderr
    assert not (tmp_path / "build" / "uno" / "emulator.log").exists()
    assert not list((tmp_path / "build" / "uno").glob("*/build.json"))


def test_a_board_that_vanishes_during_the_upload_is_no_success(power: Power, firmware: Build) -> None:
    uno = power()
    switch = threading.Timer(1.0, simavr.stop, [uno.pid])
    switch.start()
    with pytest.raises(FlashError, match=r"/dev/pts/.* vanished during the upload"):
        uno.upload(firmware)
    switch.join()


def test_each_opening_resets_the_board(power: Power, firmware: Build) -> None:
    uno = power()
    uno.upload(firmware)  # avrdude opens the port once, and the question who runs there once more
    for _ in range(3):
        link = open_transport(uno.port, 115_200)
        heard = b""
        deadline = time.monotonic() + 10
        while heard.count(b"\0") < 2 and time.monotonic() < deadline:
            heard += link.read(0.2)
        link.close()  # and opened again at once: DTR falls and rises, however short the gap
        assert b"uno" in heard, "no unasked HELLO after the reset"
    assert ", 5 resets by DTR," in uno.off()


def test_in_real_time_an_inference_takes_its_time(power: Power, firmware: Build) -> None:
    uno = power(real_time=True)
    uno.upload(firmware)
    client = uno.client()
    client.hello()
    started = time.monotonic()
    answers = prove(client, firmware.model_path, digits(6))
    seconds = time.monotonic() - started
    client.close()
    assert seconds >= sum(answer.ticks for answer in answers) / 16e6


def test_mega(power: Power, tmp_path: Path) -> None:
    """The same firmware on the larger board, through its other bootloader."""
    done = tinyml("build", "--board", "mega", "--toolchain", "avr-gcc", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    firmware = Build.load(tmp_path / "build" / "mega" / "proposed-int8-aot" / "build.json")
    mega = power("mega")
    mega.upload(firmware)
    client = mega.client()
    assert client.hello().board == "mega"
    answers = prove(client, firmware.model_path, digits(10))
    client.close()
    assert max(answer.ticks for answer in answers) <= MOST_CYCLES
