"""A swapped .tflite was proven under the former's hash (host, tflm), or the device was blamed for it (aot)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.regression.workspace import Refused, build_of, copied, tinyml
from toolkit.artifacts import Build
from toolkit.emulate import host_tflm
from toolkit.errors import ChangedFileError, EmulatorError

SMALL = ("--limit", "5", "--json")


@pytest.fixture(scope="module", name="interpreted")
def _interpreted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tflite_micro")
    folder = tmp_path_factory.mktemp("interpreted")
    tinyml("build", "-b", "host", "--runtime", "tflm", folder=folder)
    return folder


def other_model(build: Build) -> bytes:
    """Another network with the same ends: the same one with one weight changed."""
    data = bytearray(build.model_path.read_bytes())
    place = len(data) // 2
    data[place] ^= 0x01
    return bytes(data)


def test_swapped_before_flash(interpreted: Path, tmp_path: Path) -> None:
    folder = copied(interpreted, tmp_path)
    build = build_of(folder)
    build.model_path.write_bytes(other_model(build))
    with pytest.raises(Refused, match=r"the model .* is another file than build") as caught:
        tinyml("flash", folder=folder)
    assert isinstance(caught.value.error, ChangedFileError)
    assert not (folder / "build" / "host" / "device.json").exists()


def test_the_emulator_computes_only_the_file_that_the_firmware_names(interpreted: Path, tmp_path: Path) -> None:
    folder = copied(interpreted, tmp_path)
    build = build_of(folder)
    build.model_path.write_bytes(other_model(build))
    with pytest.raises(EmulatorError, match="was built for another model"):
        host_tflm.serve(build.image, build.model_path, ("--tcp", "0"))


@pytest.mark.parametrize("verify", [("verify",), ("verify", "--resume")])
def test_swapped_after_flash_is_not_the_devices_fault(folder: Path, verify: tuple[str, ...]) -> None:
    tinyml("flash", folder=folder)
    build = build_of(folder)
    build.model_path.write_bytes(other_model(build))
    with pytest.raises(Refused, match=r"the model .* is another file") as caught:
        tinyml(*verify, *SMALL, folder=folder)
    assert caught.value.error.exit_code == 1, "not 4: the device is not found wanting"


def test_an_image_built_by_hand_is_neither_flashed_nor_proven(folder: Path) -> None:
    build = build_of(folder)
    tinyml("flash", folder=folder)
    for target in ("clean", "out/firmware"):
        make = ["make", "-C", str(build.project), target, "OPTIMISE=-O0"]
        subprocess.run(make, check=True, capture_output=True, timeout=60)
    for command in (("verify", *SMALL), ("flash",)):
        with pytest.raises(Refused, match=r"the image .* is another file than build") as caught:
            tinyml(*command, folder=folder)
        assert isinstance(caught.value.error, ChangedFileError)


def test_a_missing_file_is_one_line(folder: Path) -> None:
    build_of(folder).model_path.unlink()
    with pytest.raises(Refused, match="cannot read the model"):
        tinyml("flash", folder=folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("model", "somebody else's"), ("model_sha256", "00" * 32), ("build_id", "00" * 8), ("image_sha256", ""),
     ("dtype", "float32"), ("record_sha256", ""), ("unknown", 1)],
)  # fmt: skip
def test_a_record_that_was_changed(folder: Path, key: str, value: object) -> None:
    path = folder / "build" / "host" / "proposed-int8-aot" / "build.json"
    record = json.loads(path.read_text())
    record[key] = value
    path.write_text(json.dumps(record))
    for command in ("flash", "verify", "report"):
        with pytest.raises(Refused, match=r"is not what tinyml build wrote: it was changed since"):
            tinyml(command, folder=folder)
    path.write_text(json.dumps({name: given for name, given in record.items() if name != "record_sha256"}))
    with pytest.raises(Refused, match="changed since"):
        tinyml("flash", folder=folder)
    path.unlink()


def test_a_record_of_another_board(folder: Path) -> None:
    (folder / "build" / "host").rename(folder / "build" / "microbit")
    with pytest.raises(Refused, match=r"is a build for host"):
        tinyml("flash", "-b", "microbit", folder=folder)
    (folder / "build" / "microbit").rename(folder / "build" / "host")
