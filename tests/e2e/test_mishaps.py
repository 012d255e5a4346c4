"""What goes wrong on a desk: one clear line, the right exit code, nothing half-written, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a build for the host."""
    workspace = tmp_path_factory.mktemp("built")
    done = tinyml("build", "--board", "host", cwd=workspace)
    assert done.returncode == 0, done.stderr
    return workspace


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it with the paths put right; whatever is left running in it is stopped."""
    shutil.copytree(built / "build", tmp_path / "build")
    record = tmp_path / "build" / "host" / "proposed-int8-aot" / "build.json"
    record.write_text(record.read_text().replace(str(built), str(tmp_path)))
    yield tmp_path
    tinyml("flash", "--stop", cwd=tmp_path)


def _one_line(done: subprocess.CompletedProcess[str], code: int, said: str) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1


def _spoil_a_weight(image: Path) -> Path:
    """A copy of the image with one bit flipped in the middle of the largest constant of the model."""
    with image.open("rb") as stream:
        elf = ELFFile(stream)
        symbols = elf.get_section_by_name(".symtab")
        weights = max(
            (s for s in symbols.iter_symbols() if "weight" in s.name and s["st_info"]["type"] == "STT_OBJECT"),
            key=lambda symbol: symbol["st_size"],
        )
        section = elf.get_section(weights["st_shndx"])
        place = section["sh_offset"] + weights["st_value"] - section["sh_addr"] + weights["st_size"] // 2
    data = bytearray(image.read_bytes())
    data[place] ^= 0x40
    spoilt = image.with_name("spoilt")
    spoilt.write_bytes(bytes(data))
    spoilt.chmod(0o755)
    return spoilt


def test_one_changed_weight_is_found_and_the_first_image_named(workspace: Path) -> None:
    spoilt = _spoil_a_weight(workspace / "build" / "host" / "proposed-int8-aot" / "project" / "out" / "firmware")
    with listening(spoilt) as (port,):
        done = tinyml("verify", "--limit", "200", "--json", "--port", port, cwd=workspace)
    _one_line(done, 4, "the first is mnist image")
    result = json.loads(done.stdout)
    assert result["proven"] is False
    assert result["images"] - result["bit_exact"] > 0
    assert result["answered"] == 210
    assert result["first_difference"]["said"] in done.stderr
    assert "not proven" in (workspace / "build" / "host" / "proposed-int8-aot" / "report.html").read_text().lower()


def test_stale_firmware_is_refused(workspace: Path) -> None:
    assert tinyml("flash", cwd=workspace).returncode == 0
    assert tinyml("build", "--board", "host", "--dtype", "float32", cwd=workspace).returncode == 0
    _one_line(tinyml("verify", "--limit", "5", cwd=workspace), 1, "the device runs another model")
    assert tinyml("build", "--board", "host", "--optimise", "size", cwd=workspace).returncode == 0
    _one_line(tinyml("verify", "--limit", "5", cwd=workspace), 1, "the device runs another build")


def test_interrupted_run_goes_on_where_it_was(workspace: Path) -> None:
    assert tinyml("flash", cwd=workspace).returncode == 0
    # A shell that puts the tests in the background has them ignore SIGINT, and what they start inherits that.
    heeding = ["env", "--default-signal=INT", sys.executable, "-m", "toolkit.cli.main", "verify"]
    running = subprocess.Popen(heeding, cwd=workspace, stderr=subprocess.PIPE, text=True)
    journal = workspace / "build" / "host" / "proposed-int8-aot" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not journal.exists() or journal.stat().st_size < 20_000):
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "tinyml verify --resume" in errors
    answered = len(journal.read_text().splitlines()) - 1
    assert 0 < answered < 10_010
    done = tinyml("verify", "--resume", "--json", cwd=workspace)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["bit_exact"] == 10_010
    assert result["resumed"] == answered
    # one frame for each image that had no answer, two HELLOs, and what was resent
    assert result["link"]["frames_sent"] - result["resent"] <= 10_010 - answered + 4


def test_killed_emulator_is_one_line(tmp_path: Path) -> None:
    assert tinyml("build", "--board", "mps2-an386", cwd=tmp_path).returncode == 0
    assert tinyml("flash", cwd=tmp_path).returncode == 0
    device = json.loads((tmp_path / "build" / "mps2-an386" / "device.json").read_text())
    running = subprocess.Popen(
        [sys.executable, "-m", "toolkit.cli.main", "verify"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = tmp_path / "build" / "mps2-an386" / "proposed-int8-aot" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not journal.exists() or journal.stat().st_size < 1_000):
        time.sleep(0.01)
    os.kill(device["pid"], signal.SIGKILL)
    out, errors = running.communicate(timeout=120)
    _one_line(subprocess.CompletedProcess([], running.returncode, out, errors), 1, "error: ")
    assert not list((tmp_path / "build" / "mps2-an386").glob("*/verification.json"))
    tinyml("flash", "--stop", cwd=tmp_path)


def test_full_disk_is_one_line(workspace: Path) -> None:
    """No file may grow beyond 8 blocks of 512 bytes: a journal of a few dozen answers."""
    assert tinyml("flash", cwd=workspace).returncode == 0
    verify = [sys.executable, "-m", "toolkit.cli.main", "verify"]
    limited = ["sh", "-c", 'ulimit -f 8 && exec "$@"', "sh", *verify]
    done = subprocess.run(limited, cwd=workspace, capture_output=True, text=True, timeout=280, check=False)
    _one_line(done, 1, "journal.jsonl: File too large")
    assert not list((workspace / "build" / "host").glob("*/verification.json"))


def test_missing_tool_says_how_to_get_it(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "mps2-an386", cwd=tmp_path, env={"PATH": "/nonexistent"})
    _one_line(done, 1, "arm-none-eabi-gcc is not installed")
    assert "apt-get install gcc-arm-none-eabi" in done.stderr
    assert not list((tmp_path / "build" / "mps2-an386").glob("*/build.json"))


def test_missing_emulator_says_how_to_get_it(tmp_path: Path) -> None:
    assert tinyml("build", "--board", "microbit", cwd=tmp_path).returncode == 0
    done = tinyml("flash", cwd=tmp_path, env={"PATH": "/nonexistent"})
    _one_line(done, 1, "qemu-system-arm is not installed")
    assert not (tmp_path / "build" / "microbit" / "device.json").exists()


def test_nobody_at_the_port_is_one_line(workspace: Path) -> None:
    _one_line(tinyml("verify", "--limit", "5", "--port", "socket://127.0.0.1:9", cwd=workspace), 1, "127.0.0.1:9")
    _one_line(tinyml("verify", "--limit", "5", "--port", "/dev/ttyNOSUCH", cwd=workspace), 1, "/dev/ttyNOSUCH")
    _one_line(tinyml("verify", "--limit", "5", cwd=workspace), 1, "no port is known")


def test_truncated_data_are_named_and_not_used(workspace: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0\x27\x10\0\0\0\x1c\0\0\0\x1c" + bytes(1000))
    (data / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\x27\x10")
    assert tinyml("flash", cwd=workspace).returncode == 0
    _one_line(tinyml("verify", "--data", str(data), cwd=workspace), 1, "t10k-")


def test_picture_that_is_no_picture_is_named(workspace: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "3.png").write_text("a cat")
    assert tinyml("flash", cwd=workspace).returncode == 0
    _one_line(tinyml("verify", "--limit", "5", "--images", str(pictures), cwd=workspace), 1, "3.png")


def test_pictures_of_ones_own_are_verified_too(workspace: Path, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "models" / "external_images"
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for digit in (3, 7):
        shutil.copy(shipped / f"{digit}.png", pictures / f"{digit}_mine.png")
    assert tinyml("flash", cwd=workspace).returncode == 0
    done = tinyml("verify", "--limit", "5", "--images", str(pictures), "--json", cwd=workspace)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accuracy"]["images"]["total"] == 2


def test_report_is_made_again_from_its_json(workspace: Path) -> None:
    _one_line(tinyml("report", cwd=workspace), 1, "has not been verified yet")
    assert tinyml("flash", cwd=workspace).returncode == 0
    assert tinyml("verify", "--limit", "20", "--junit", "junit.xml", cwd=workspace).returncode == 0
    report = workspace / "build" / "host" / "proposed-int8-aot" / "report.html"
    first = report.read_text()
    report.unlink()
    assert tinyml("report", cwd=workspace).returncode == 0
    assert report.read_text() == first
    assert 'failures="0"' in (workspace / "junit.xml").read_text()
