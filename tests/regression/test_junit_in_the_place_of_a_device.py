"""`--junit /dev/full`, by root: the device was replaced by a file, as /dev/null and /dev/stdout would have been."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.report import samples
from toolkit.artifacts import write_atomically
from toolkit.errors import TinymlError
from toolkit.report import junit


def test_a_terminal_stays_one() -> None:
    ours, theirs = os.openpty()
    path = Path(os.ttyname(theirs))
    try:
        with pytest.raises(TinymlError, match="it is a device"):
            write_atomically(path, b"x")
        with pytest.raises(TinymlError, match="no ordinary file"):
            junit.write(path, samples.proven())
        assert stat.S_ISCHR(path.lstat().st_mode)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_link_of_the_users_is_followed_and_stays(tmp_path: Path) -> None:
    link, target = tmp_path / "link.xml", tmp_path / "target.xml"
    link.symlink_to(target)
    junit.write(link, samples.proven())
    assert link.is_symlink()
    assert "testsuites" in target.read_text()


@pytest.mark.parametrize("kind", ["pipe", "folder", "circle", "link to a pipe"])
def test_what_is_no_file_is_refused_and_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "verdict.xml"
    if kind == "folder":
        path.mkdir()
    elif kind == "circle":
        path.symlink_to(path)
    else:
        os.mkfifo(tmp_path / "pipe")
        if kind == "pipe":
            path = tmp_path / "pipe"
        else:
            path.symlink_to(tmp_path / "pipe")
    before = path.lstat()
    with pytest.raises(TinymlError, match="cannot write"):
        junit.write_unfinished(path, "a run")
    assert (before.st_ino, before.st_mode) == (path.lstat().st_ino, path.lstat().st_mode)
