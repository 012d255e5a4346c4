"""The example whose files are not ours: got from a folder or a server, checksums held, then run as it lies there."""

from __future__ import annotations

import functools
import http.server
import json
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "keywords"
GIVEN = ROOT.parent / "shared" / "mlperf-tiny"

pytestmark = pytest.mark.skipif(not GIVEN.is_dir(), reason="needs MLPerf Tiny's network and set in ../shared")


def _get(*options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(EXAMPLE / "get.py"), *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.emulator
def test_it_is_proven_with_the_files_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "keywords"
    folder.mkdir()
    shutil.copy(EXAMPLE / "tinyml.toml", folder)
    assert _get("--from", str(GIVEN), "--to", str(folder)).returncode == 0
    done = tinyml("run", "--limit", "40", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["verdict"], said["bit_exact"]) == ("proven", 40)
    assert said["accuracy"]["kws01"]["correct"] == 37
    assert said["scores"]["kws01"]["top3"] == 1
    assert [each["met"] for each in said["gates"]] == [True] * 3
    assert said["strength"]["unseen_layers"] == []


def test_its_classes_are_those_in_the_names_of_the_files() -> None:
    named = {int(path.stem.split("_")[3]): path.stem.split("_")[2].lower() for path in GIVEN.glob("kws01/tst_*.bin")}
    assert f"classes = {json.dumps([named[each] for each in range(12)])}" in (EXAMPLE / "tinyml.toml").read_text()


def test_another_file_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    given = Path(shutil.copytree(GIVEN, tmp_path / "given", copy_function=shutil.copyfile))
    for each in (given, given / "kws01"):
        each.chmod(0o755)
    sample = given / "kws01" / "tst_000003_Up_8.bin"
    sample.write_bytes(bytes(490))
    (tmp_path / "to").mkdir()
    done = _get("--from", str(given), "--to", str(tmp_path / "to"))
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "try"]
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["kws_ref_model.tflite"]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the standard error."""


@pytest.fixture
def server() -> Iterator[str]:
    """What upstream has, at an address of this computer."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(GIVEN))) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


def test_it_is_downloaded(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a server of ours: the addresses themselves cannot be asked in a test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    script = runpy.run_path(str(EXAMPLE / "get.py"))
    script["get"].__globals__.update(NETWORK=server, INPUTS=f"{server}kws01/")
    script["get"](tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kws01", "kws_ref_model.tflite"]
    for path in GIVEN.glob("kws01/*"):
        assert (tmp_path / "kws01" / path.name).read_bytes() == path.read_bytes()


def test_a_server_that_is_not_there_is_told_in_two_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sys, "argv", ["get.py", "--to", str(tmp_path)])
    script = runpy.run_path(str(EXAMPLE / "get.py"))
    script["main"].__globals__.update(NETWORK="http://127.0.0.1:9/")
    with pytest.raises(SystemExit) as caught:
        script["main"]()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["error", "try"]
