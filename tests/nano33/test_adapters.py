"""The outside uploaders: the exact argv, and fake programs that answer as the real ones do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest

from tests.nano33.fakes import NANO33, QUICK, FakeBoard, Recorder, build_of, image
from toolkit import flash, process
from toolkit.errors import FlashError, ToolError
from toolkit.flash import arduino_cli, bossac

ARDUINO = msgspec.structs.replace(
    NANO33, toolchain=tuple(chain for chain in NANO33.toolchain if chain.builder == "arduino_cli")
)


@pytest.fixture(name="binary")
def _binary(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image(10_000))
    return path


def fake(folder: Path, name: str, body: str, marker: str = "") -> Path:
    """A program that notes its argv in FOLDER/argv.json and then does `body`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\n# {marker}\nimport json, sys\n"
        f"open({str(folder / 'argv.json')!r}, 'w').write(json.dumps(sys.argv[1:]))\n{body}\n"
    )
    path.chmod(0o755)
    return path


def argv(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "argv.json").read_text())
    return found


def test_bossac_argv() -> None:
    made = bossac.command(Path("bossac"), Path("firmware.bin"), "/dev/ttyACM0")
    assert made == ["bossac", "-d", "--port=ttyACM0", "-U", "-i", "-e", "-w", "firmware.bin", "-R"]
    assert not any("offset" in word for word in made)


def test_arduino_cli_argv() -> None:
    made = arduino_cli.command(ARDUINO, Path("firmware.bin"), "/dev/ttyACM0")
    assert made[:3] == ["arduino-cli", "upload", "--json"]
    assert made[3:5] == ["--fqbn", "arduino:mbed_nano:nano33ble"]
    assert made[5:] == ["--port", "/dev/ttyACM0", "--input-file", "firmware.bin"]


def test_bossac_touches_and_uploads_to_the_bootloaders_port(
    tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = fake(tmp_path / "bin", "bossac", "print('Done in 0.5 seconds')", marker="nRF52840-QIAA")
    monkeypatch.setenv("PATH", str(tool.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    board = FakeBoard()
    recorder = Recorder()

    def progress(step: object) -> None:
        recorder(step)  # type: ignore[arg-type]
        if recorder.steps[-1].done:  # bossac's -R restarts the board
            board.flash.write(0x10000, image(10_000))
            board.restart(bootloader=False)

    port = bossac.flash(
        NANO33, build_of(binary), None, progress, lister=board.ports, open_port=board.open, timing=QUICK
    )
    assert argv(tool.parent) == ["-d", "--port=ttyACM1", "-U", "-i", "-e", "-w", str(binary), "-R"]
    assert board.opened == [("/dev/ttyACM0", 1200)]
    assert port == "/dev/ttyACM2"


def test_upstream_bossac_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = fake(tmp_path / "bin", "bossac", "", marker="ATSAMD21 only")
    monkeypatch.setenv("PATH", str(tool.parent))
    with pytest.raises(FlashError, match="upstream bossac: it knows no nRF52") as caught:
        bossac.find(home=tmp_path)
    assert "arduino:mbed_nano" in caught.value.hint
    assert not (tool.parent / "argv.json").exists()


def test_arduinos_bossac_is_preferred_to_the_one_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = fake(tmp_path / "bin", "bossac", "", marker="upstream")
    folder = tmp_path / ".arduino15/packages/arduino/tools/bossac/1.9.1-arduino2"
    arduinos = fake(folder, "bossac", "", marker="nRF52840-QIAA")
    monkeypatch.setenv("PATH", str(upstream.parent))
    assert bossac.find(home=tmp_path) == arduinos


def test_no_bossac_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="bossac is not installed"):
        bossac.find(home=tmp_path)


def test_a_bossac_that_fails_is_reported(tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = fake(
        tmp_path / "bin",
        "bossac",
        "print('No device found on ttyACM1', file=sys.stderr); sys.exit(1)",
        marker="nRF52840-QIAA",
    )
    monkeypatch.setenv("PATH", str(tool.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    board = FakeBoard()
    with pytest.raises(FlashError, match=r"bossac failed \(exit 1\): No device found"):
        bossac.flash(NANO33, build_of(binary), lister=board.ports, open_port=board.open, timing=QUICK)


def test_arduino_cli_uploads(tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"stdout": "Done in 3.2 seconds", "stderr": "", "updated_upload_port": {"address": "x"}})
    tool = fake(tmp_path / "bin", "arduino-cli", f"print({answer!r})")
    monkeypatch.setenv("PATH", str(tool.parent))
    board = FakeBoard()
    port = arduino_cli.flash(ARDUINO, build_of(binary), lister=board.ports, timing=QUICK)
    assert port == "/dev/ttyACM0"
    assert argv(tool.parent)[0] == "upload"


def test_arduino_clis_reason_is_passed_on(tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"error": "Failed uploading: no upload port provided"})
    tool = fake(tmp_path / "bin", "arduino-cli", f"print({answer!r}); sys.exit(1)")
    monkeypatch.setenv("PATH", str(tool.parent))
    with pytest.raises(FlashError, match="Failed uploading: no upload port provided"):
        arduino_cli.flash(ARDUINO, build_of(binary), lister=FakeBoard().ports, timing=QUICK)


def test_arduino_cli_missing_says_how_to_get_it(tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="arduino-cli is not installed") as caught:
        arduino_cli.flash(ARDUINO, build_of(binary), lister=FakeBoard().ports)
    assert caught.value.hint == process.install_hint("arduino-cli")


def test_a_board_without_fqbn_cannot_use_arduino_cli() -> None:
    bare = msgspec.structs.replace(NANO33, toolchain=NANO33.toolchain[:1])
    with pytest.raises(FlashError, match="has no fqbn"):
        arduino_cli.fqbn(bare)


def test_methods_are_loaded_by_name() -> None:
    for method in flash.names():
        assert callable(flash.load(method))
    with pytest.raises(FlashError, match="no flash method 'jlink'"):
        flash.load("jlink")
