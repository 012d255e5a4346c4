"""`tinyml init`: writes what the model and the data tell, says of each where it is from, and overwrites nothing."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.cli.projects import MODEL, said, tinyml
from toolkit import projectfile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a network in it."""
    (tmp_path / "net.tflite").write_bytes(MODEL.read_bytes())
    return tmp_path


def test_what_is_written_runs(folder: Path) -> None:
    done = tinyml("init", "--board", "host", "--limit", "3", "--scale", "0..1", cwd=folder)
    assert done.returncode == 0, done.stderr
    written = (folder / "tinyml.toml").read_text()
    assert done.stdout.rstrip("\n") == written.rstrip("\n")
    assert tomllib.loads(written) == {
        "board": "host",
        "model": {"path": "net.tflite", "dtype": "int8"},
        "data": {"scale": "0..1", "limit": 3},
        "gate": {},
    }
    done = tinyml("run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "proven"


def test_each_value_says_where_it_is_from(folder: Path) -> None:
    tinyml("init", "--limit", "3", cwd=folder)
    for line in (folder / "tinyml.toml").read_text().splitlines():
        if " = " in line:
            assert "  # " in line, line
    text = (folder / "tinyml.toml").read_text()
    assert 'path = "net.tflite"  # the only .tflite in this folder' in text
    assert "int8 [1, 28, 28, 1] for 0 to 1 in" in text
    assert "limit = 3  # --limit" in text


def test_what_the_data_tell_is_written_and_runs(tmp_path: Path) -> None:
    """The same set is found again, whatever else the file would hold by then."""
    pixels = np.random.default_rng(3).integers(0, 256, (12, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", pixels=pixels, answers=np.zeros(3), label=np.arange(12) % 10)
    (tmp_path / "net.tflite").write_bytes(MODEL.read_bytes())
    done = tinyml("init", "--board", "host", "--data", "own.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = projectfile.read(tmp_path / "tinyml.toml").data
    assert (told.path, told.inputs, told.truth, told.task, told.scale) == (
        "own.npz",
        ("pixels",),
        ("label",),
        "classify",
        "0..1",
    )
    done = tinyml("run", "--no-strength", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 12


def test_a_set_that_is_known_by_its_name_is_just_named(folder: Path) -> None:
    done = tinyml("init", "--board", "host", "--data", "mnist", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert tomllib.loads((folder / "tinyml.toml").read_text())["data"] == {"path": "mnist"}
    assert tinyml("run", "--limit", "3", "--no-strength", cwd=folder).returncode == 0


def test_it_never_overwrites_unless_told(folder: Path) -> None:
    (folder / "tinyml.toml").write_text("# mine\n")
    done = tinyml("init", cwd=folder)
    assert done.returncode == 1
    assert "tinyml.toml is there already | try: --force" in said(done)
    assert (folder / "tinyml.toml").read_text() == "# mine\n"
    assert tinyml("init", "--force", cwd=folder).returncode == 0
    assert (folder / "tinyml.toml").read_text() != "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--model is missing, and no .tflite lies in"),
        (("--model", "nosuch"), "there is no model 'nosuch'"),
        (("--model", "proposed", "--board", "nosuch"), "there is no board 'nosuch'"),
        (("--model", "proposed", "--data", "nowhere.npz"), "nowhere.npz"),
        (("--model", "junk.tflite"), "junk.tflite"),
        (("nowhere", "--model", "proposed", "--task", "clasify"), "--task clasify"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "junk.tflite").write_bytes(b"no network")
    if not arguments:
        (tmp_path / "junk.tflite").unlink()
    done = tinyml("init", *arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert told in said(done)
    assert not (tmp_path / "tinyml.toml").exists()


def test_two_models_are_named(folder: Path) -> None:
    (folder / "other.tflite").write_bytes(MODEL.read_bytes())
    done = tinyml("init", cwd=folder)
    assert done.returncode == 2
    assert "2 models lie in .: net.tflite, other.tflite" in said(done)


def test_paths_are_those_of_its_folder(folder: Path) -> None:
    done = tinyml("init", "there", "--model", "net.tflite", "--images", "pictures", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = projectfile.read(folder / "there" / "tinyml.toml")
    assert told.model.path == "../net.tflite"
    assert told.data.images == "../pictures"
    assert {"key": "data.images", "value": "../pictures", "why": "--images", "off": False} in json.loads(done.stdout)[
        "keys"
    ]


def test_a_name_that_the_file_cannot_hold_is_refused(folder: Path) -> None:
    (folder / "net.tflite").rename(folder / "net\n.tflite")
    done = tinyml("init", cwd=folder)
    assert done.returncode == 1
    assert "model.path is 'net\\n.tflite'" in said(done)
    assert not (folder / "tinyml.toml").exists()


def _answered(folder: Path, *answers: str, arguments: tuple[str, ...] = ()) -> str:
    """The command at a terminal, where these lines are typed; what the terminal shows."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "toolkit.cli.main", "init", *arguments],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )
    os.close(theirs)
    os.write(ours, "".join(f"{each}\n" for each in answers).encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # it ended
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert run.wait(60) == 0, shown.decode()
    return shown.decode()


def test_on_a_terminal_it_asks_for_what_was_not_said(folder: Path) -> None:
    shown = _answered(folder, "", "host", "")
    assert "model, a file or a name" in shown
    assert projectfile.read(folder / "tinyml.toml").model.path == "net.tflite"
    assert projectfile.read(folder / "tinyml.toml").board == "host"


def test_on_a_terminal_it_asks_for_nothing_that_was_said(folder: Path) -> None:
    shown = _answered(folder, "", arguments=("--model", "proposed", "--board", "uno"))
    assert "model, a file" not in shown
    assert projectfile.read(folder / "tinyml.toml").model.name == "proposed"
