"""Several boards, and boards on other machines, as a user has them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening
from tests.link.rfc2217 import Rfc2217Server

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a build for the host."""
    folder = tmp_path_factory.mktemp("boards")
    done = tinyml("build", "--board", "host", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def image(workspace: Path) -> Path:
    """Its firmware."""
    return workspace / "build" / "host" / "proposed-int8-aot" / "project" / "out" / "firmware"


def verify(workspace: Path, ports: Sequence[str], *more: str) -> dict[str, Any]:
    """`tinyml verify` on these ports: proven, as JSON."""
    named = [word for port in ports for word in ("--port", port)]
    done = tinyml("verify", *named, *more, "--json", cwd=workspace)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["proven"] is True
    return result


def test_three_boards_share_the_set(workspace: Path, image: Path) -> None:
    with listening(image, 3) as ports:
        result = verify(workspace, ports, "--limit", "2000")
    assert result["answered"] == result["bit_exact"] == 2010
    assert [share["port"] for share in result["devices"]] == ports
    assert sum(share["answered"] for share in result["devices"]) == 2010
    assert all(share["answered"] > 0 and share["lost"] is None for share in result["devices"])
    assert ports[2] in (workspace / "build" / "host" / "proposed-int8-aot" / "report.html").read_text()


def test_board_that_is_unplugged_leaves_its_images_to_the_other(workspace: Path, image: Path) -> None:
    with listening(image) as (stays,), listening(image) as (goes,):
        pid = _pid_at(goes)
        running = subprocess.Popen(
            [sys.executable, "-m", "toolkit.cli.main", "verify", "--port", stays, "--port", goes, "--json"],
            cwd=workspace,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        journal = workspace / "build" / "host" / "proposed-int8-aot" / "journal.jsonl"
        before = journal.stat().st_mtime if journal.exists() else 0.0
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_mtime > before and journal.stat().st_size > 10_000):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        out, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    result = json.loads(out)
    assert result["bit_exact"] == 10_010
    kept, lost = result["devices"]
    assert kept["lost"] is None
    assert "did not come back" in lost["lost"]
    assert kept["answered"] + lost["answered"] == 10_010
    assert "the others took over" in (workspace / "build" / "host" / "proposed-int8-aot" / "report.html").read_text()


def _pid_at(port: str) -> int:
    """The process that listens at a socket:// address."""
    wanted = f"0100007F:{int(port.rsplit(':', 1)[1]):04X}"
    inode = next(
        line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[1] == wanted
    )
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue
    raise AssertionError(port)


def test_board_behind_pyserials_rfc2217_server(workspace: Path, image: Path) -> None:
    with listening(image, link=["--pty"]) as (terminal,), contextlib.closing(Rfc2217Server(terminal)) as server:
        result = verify(workspace, [server.url], "--limit", "100")
    assert result["port"] == server.url
    assert result["bit_exact"] == 110
    assert result["link"]["resent"] == result["link"]["damaged"] == 0


def test_serial_port_and_socket_together(workspace: Path, image: Path) -> None:
    with listening(image, link=["--pty"]) as (terminal,), listening(image) as (port,):
        result = verify(workspace, [terminal, port], "--limit", "1000")
    assert result["bit_exact"] == 1010
    assert all(share["answered"] > 0 for share in result["devices"])
