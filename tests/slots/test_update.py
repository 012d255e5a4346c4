"""`tinyml update`: what can run is proven on the board and kept; whatever else is refused, or forgotten again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.slots.boards import missing
from tests.slots.cuts import model
from toolkit import api, taken_home
from toolkit import board as boards
from toolkit.artifacts import Build
from toolkit.build import slot_image
from toolkit.errors import BoardError, LinkError, MissedGateError, NotProvenError, UsageError
from toolkit.gates import parse
from toolkit.link.client import Client
from toolkit.link.slot_messages import SlotCommand
from toolkit.link.transport import open_transport
from toolkit.selection import Selection
from toolkit.steps import update

BOARD = "mps2-an386"

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(bool(missing(BOARD)), reason="no arm-none-eabi-gcc, or no QEMU"),
]


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Build, str]]:
    """A workspace, a firmware for cnn-2-2, and the port where it runs."""
    place = tmp_path_factory.mktemp("slots")
    squares = np.random.default_rng(3).integers(0, 2, (12, 4, 4, 1), np.uint8) * np.uint8(255)
    np.savez(place / "few.npz", x=squares.repeat(7, 1).repeat(7, 2))
    build = api.build(BOARD, tflite("cnn-2-2"), slots=True, workspace=place)
    with api.flash(build, workspace=place) as device:
        yield place, build, device.port


def tflite(name: str) -> str:
    """A network's file."""
    return str(model(name).path)


def _few(place: Path) -> Selection:
    """A dozen inputs that are not MNIST's."""
    return Selection(data=place / "few.npz", scale="0..1", trace=2)


def _runs(port: str) -> str:
    client = Client(partial(open_transport, port, 115_200))
    try:
        return client.hello().model_sha256
    finally:
        client.close()


def _update(place: Path, name: str, **more: object) -> update.Updated:
    return taken_home.update(BOARD, tflite(name), selection=_few(place), strength=False, workspace=place, **more)  # type: ignore[arg-type]


def test_a_network_of_other_sizes_is_proven_and_kept(built: tuple[Path, Build, str]) -> None:
    """And what fails after it leaves that one running."""
    place, build, port = built
    made = _update(place, "cnn-8-8")
    assert made.verification.proven
    assert _runs(port) == made.build.model_sha256 != build.model_sha256
    assert made.build.build_id == build.build_id
    assert (made.slot, made.sequence) == (1, 1)
    device = api.attach(made.build, workspace=place)
    assert api.verify(device, _few(place), strength=False).proven  # the record that was left speaks of it

    with pytest.raises(MissedGateError):
        _update(place, "dropout", gates=parse(["ram_bytes=1"]))
    assert _runs(port) == made.build.model_sha256

    link = slot_image.link
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(slot_image, "link", lambda *given: _flipped(link(*given)))
        with pytest.raises(NotProvenError):
            _update(place, "dropout")
    assert _runs(port) == made.build.model_sha256

    again = _update(place, "dropout")
    assert (again.slot, again.sequence) == (2, 2)
    assert _runs(port) == again.build.model_sha256


def _flipped(payload: bytes) -> bytes:
    """A network whose constants came out otherwise, every checksum right."""
    middle = len(payload) // 2
    return payload[:middle] + bytes(each ^ 0x55 for each in payload[middle : middle + 64]) + payload[middle + 64 :]


def test_a_damaged_image_is_not_tried(built: tuple[Path, Build, str]) -> None:
    place, _, port = built
    build = api.newest(BOARD, workspace=place)
    before = _runs(port)
    ready = update.prepare(boards.load(BOARD), build, model("cnn-2-2"))
    client = Client(partial(open_transport, port, 115_200))
    try:
        now = client.slot_do(SlotCommand.TELL)
        slot = 2 if now.kept == 1 else 1
        image = bytearray(update.image(boards.load(BOARD), build, ready, slot, now.sequence + 1, place / "image"))
        image[len(image) // 2] ^= 1
        assert build.slots is not None
        update.send(client, build.slots.each, slot, bytes(image))
        with pytest.raises(LinkError, match="not whole"):
            update.check(client.slot_do(SlotCommand.TRY, slot))
        with pytest.raises(LinkError, match="no network is on trial"):
            update.check(client.slot_do(SlotCommand.KEEP))
    finally:
        client.close()
    assert _runs(port) == before


def test_kernels_that_are_missing_are_named_before_anything_is_sent(built: tuple[Path, Build, str]) -> None:
    place, _, port = built
    before = _runs(port)
    done = tinyml("update", "--model", tflite("smallest"), "--workspace", str(place))
    assert done.returncode == 2
    assert "lacks kernels that this network needs: layer 1 (DEPTHWISE_CONV_2D) aot_depthwise" in done.stderr
    assert "nothing was sent" in done.stderr
    assert _runs(port) == before


def test_the_command_says_what_runs(built: tuple[Path, Build, str]) -> None:
    place, _, _ = built
    data = ("--data", str(place / "few.npz"), "--scale", "0..1", "--no-strength")
    arguments = ("--model", tflite("cnn-8-8"), *data, "--workspace", str(place))
    done = tinyml("update", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"] == "proven"
    assert told["update"]["bytes"] > 10_000


@pytest.mark.parametrize("board", ["uno", "microbit-v1"])
def test_a_board_without_room_is_refused_by_name(board: str, tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="has no room for slots"):
        api.build(board, "cnn-2-2", slots=True, workspace=tmp_path)


def test_a_firmware_without_slots_is_refused() -> None:
    build = Build(BOARD, *[""] * 16)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="built without --slots"):
        update.prepare(boards.load(BOARD), build, model("cnn-8-8"))
    with pytest.raises(BoardError, match="Uno has no room for slots"):
        update.prepare(boards.load("uno"), build, model("cnn-8-8"))
