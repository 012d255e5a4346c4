"""Every command's help, every user's mistake: one line, the right exit code, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from tests.cli.tinyml import tinyml
from toolkit.cli.main import app

group: Any = typer.main.get_command(app)
COMMANDS = sorted(group.commands)


def _below(parent: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command under a group by the words that it is called by, groups with their sub-commands."""
    for name, command in sorted(parent.commands.items()):
        yield (*names, name)
        if hasattr(command, "commands"):
            yield from _below(command, *names, name)


CALLED = list(_below(group))

# A command that is not named here fails the suite: it must be added with a test of what it does.
TESTED = {
    "bisect",
    "boards",
    "build",
    "compare",
    "doctor",
    "export",
    "flash",
    "init",
    "models",
    "paper",
    "ports",
    "profile",
    "report",
    "run",
    "smallest",
    "train",
    "update",
    "verify",
}


def test_every_command_is_tested() -> None:
    assert set(COMMANDS) == TESTED


def _help(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--help"])


@pytest.mark.parametrize("called", CALLED, ids=" ".join)
def test_help_names_every_option_with_a_description(called: tuple[str, ...]) -> None:
    result = _help(*called)
    assert result.exit_code == 0
    assert " ".join(called) in result.output
    command = group
    for name in called:
        command = command.commands[name]
    assert command.help, f"{called} has no help"
    for parameter in command.params:
        text = getattr(parameter, "help", "")
        assert text, f"{called}: {parameter.name} has no help"


def test_sub_commands_are_among_them() -> None:
    assert ("paper", "devices") in CALLED


def test_help_names_every_command() -> None:
    result = _help()
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.output


def test_boards_json_is_what_the_files_say() -> None:
    done = tinyml("boards", "--json")
    assert done.returncode == 0
    boards = {board["id"]: board for board in json.loads(done.stdout)}
    assert boards["mps2-an386"]["mcu"]["cpu"] == "cortex-m4f"
    assert boards["microbit"]["memory"]["ram"] == {"start": 0x2000_0000, "size": 16_384}
    assert boards["microbit"]["emulated"] is True


def test_doctor_lists_what_the_boards_need() -> None:
    done = tinyml("doctor", "--json", env={"PATH": "/nonexistent"})
    assert done.returncode == 0, done.stderr
    tools = {row["tool"]: row for row in json.loads(done.stdout)["tools"]}
    assert tools["qemu-system-arm"]["found"] is None
    assert "apt-get install" in tools["qemu-system-arm"]["install"]
    assert "microbit" in tools["arm-none-eabi-gcc"]["serves"]


@pytest.mark.parametrize(
    ("arguments", "code", "said", "hinted"),
    [
        (["build", "--board", "nosuch"], 1, "no board 'nosuch'", "mps2-an386"),
        (["build", "--board", "host", "--toolchain", "keil"], 1, "cannot be built with keil", "host_gcc"),
        (["build", "--board", "host", "--optimise", "warp"], 1, "--optimise is 'warp'", "speed, size"),
        (["build", "--board", "host", "--model", "nosuch"], 1, "nosuch", "proposed"),
        (["build", "--board", "host", "--model", "missing.tflite"], 1, "missing.tflite", ""),
        (["verify"], 1, "nothing is built yet", "tinyml build"),
        (["verify", "--board", "host"], 1, "nothing is built for host", "tinyml build --board host"),
        (["flash"], 1, "nothing is built yet", "tinyml build"),
        (["build"], 2, "--board", ""),
        (["verify", "--limit", "-1"], 2, "--limit", ""),
        (["nosuch"], 2, "nosuch", ""),
        (["smallest", "search", "nosuch"], 2, "no class 'nosuch'", "697"),
        (["smallest", "train", "nosuch"], 1, "no plan for 'nosuch'", "half"),
        (["smallest", "name", "half"], 1, "half has pipelines []", "train"),
        (["smallest", "judge"], 1, "names no network", "tinyml smallest name"),
    ],
)
def test_mistake_is_one_clear_line(tmp_path: Path, arguments: list[str], code: int, said: str, hinted: str) -> None:
    done = tinyml(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert hinted in done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.strip().splitlines()) <= 2
    assert not (tmp_path / "build").exists()


def test_error_with_json_is_json_too(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "nosuch", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "nosuch" in json.loads(done.stdout)["error"]
