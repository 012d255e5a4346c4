"""Two runs in one workspace ended each other's emulators and wrote over each other's files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import lock
from toolkit.errors import TinymlError

HOLDER = """
import sys
from pathlib import Path
from toolkit import lock
with lock.held(Path(sys.argv[1]), "tinyml run"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_is_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "host"
    with _holder(folder) as holder:
        for words in (["build", "--board", "host"], ["run", "--board", "host"]):
            done = tinyml(*words, cwd=tmp_path)
            assert done.returncode == 1, done.stderr
            assert f"build/host is in use by tinyml run, process {holder.pid}, since" in done.stderr
            assert [path.name for path in folder.iterdir()] == [lock.NAME]
        with lock.held(tmp_path / "build" / "uno", "tinyml build"):
            pass  # another board's folder is free
        assert holder.stdin is not None
        holder.stdin.close()
    assert not (tmp_path / "build").exists(), "nothing is left of it"


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        holder.kill()
    assert (tmp_path / lock.NAME).is_file()
    with lock.held(tmp_path, "tinyml build"):
        pass
    assert tmp_path.is_dir() and not (tmp_path / lock.NAME).exists()


def test_it_is_given_up_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError), lock.held(tmp_path, "x"):
        raise ValueError
    with lock.held(tmp_path, "y"), pytest.raises(TinymlError, match="in use by y, process"), lock.held(tmp_path, "z"):
        pass


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / lock.NAME).symlink_to(precious)
    with lock.held(folder, "x"):
        pass
    assert precious.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    with pytest.raises(TinymlError, match="cannot write"), lock.held(tmp_path / "build" / "host", "x"):
        pass


def test_a_mistake_leaves_no_folder_behind(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "host", "--model", "nosuch", cwd=tmp_path)
    assert done.returncode == 1 and "nosuch" in done.stderr
    assert not (tmp_path / "build").exists()
