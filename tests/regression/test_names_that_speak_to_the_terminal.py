"""ESC in a name reached the terminal, `[/bold]` in a path was taken for markup, and a name that is not UTF-8, a
terminal that knows ASCII alone, or outputs that are closed or full were an "internal error"."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.progress import Progress
from rich.table import Table

from tests.cli.tinyml import tinyml
from toolkit import resources
from toolkit.cli import output

ESC = "\x1b[2J"
NASTY = ("[/bold]", "[red]x[/red]", ":smile:", f"{ESC}x", "a\x07b", "a\u202eb", "\udcff.x", "back\\")
MODEL = resources.models() / "cnn-2-2" / "cnn-2-2_int8.tflite"


@pytest.mark.parametrize("name", NASTY)
def test_messages_show_a_name_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.error(f"{name} is missing", f"look for {name}")
    output.say(f"reading {name}")
    output.warn(f"{name} is odd")
    output.line(name)
    console = output.stdout()
    rows = Table(box=None)
    rows.add_column("name")
    rows.add_row(output.plain(name))
    console.print(rows)
    said = "".join(capsys.readouterr())
    assert said.count(output.visible(name)) == 6
    assert all(sign.isprintable() or sign == "\n" for sign in said)


def test_colours_and_progress_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    console = output.stderr()
    console.file, console._force_terminal = io.StringIO(), True
    console._color_system = console._detect_color_system()
    console.print("[bold red]error:[/bold red] x")
    with Progress(console=console) as progress:
        progress.add_task("y", total=1)
    said = console.file.getvalue()
    assert "\x1b[1;31m" in said and "\x1b[?25l" in said, "a style, and the cursor hidden"


@pytest.mark.parametrize("name", ["[/bold]", f"e{ESC}", "new\nline", "\udcff"])
def test_build_where_the_names_are_nasty(name: str, tmp_path: Path) -> None:
    folder = tmp_path / f"{name}ws"
    folder.mkdir(parents=True)
    model = folder / f"{name}m.tflite".replace("/", "_")
    model.write_bytes(MODEL.read_bytes())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "toolkit.cli.main",
            "build",
            "--board",
            "host",
            "--model",
            str(model),
            "-C",
            str(folder),
        ],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    assert (output.visible(str(folder)).split("\n")[0]).encode() in done.stdout


def test_a_terminal_that_knows_ascii_alone() -> None:
    for words in (["boards"], ["doctor"], ["models"], ["build", "--board", "äöü…"]):
        done = tinyml(*words, env={"PYTHONIOENCODING": "ascii", "COLUMNS": "60"})
        assert done.returncode == (1 if "build" in words else 0), done.stderr
        assert "internal error" not in done.stderr and (done.stdout + done.stderr).isascii()
    assert "yes" in tinyml("doctor", env={"PYTHONIOENCODING": "ascii"}).stdout


def _shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = command.replace("tinyml", f"{sys.executable} -m toolkit.cli.main")
    return subprocess.run(["sh", "-c", line], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("tinyml boards >&-", 0),
        ("tinyml boards 2>&-", 0),
        ("tinyml boards <&- >&- 2>&-", 0),
        ("tinyml verify >&- 2>&-", 1),
        ("tinyml boards >/dev/full", 1),
        ("tinyml boards --json >/dev/full", 1),
        ("tinyml verify 2>/dev/full", 1),
        ("tinyml verify --json >/dev/full", 1),
    ],
)
def test_outputs_that_are_closed_or_full(command: str, code: int, tmp_path: Path) -> None:
    done = _shell(command, tmp_path)
    assert done.returncode == code, (done.stdout, done.stderr)
    for word in ("internal error", "Traceback", "Exception ignored"):
        assert word not in done.stderr
    if command == "tinyml boards >/dev/full":
        assert "No space left on device" in done.stderr


def test_a_file_does_not_take_the_place_of_a_closed_output(tmp_path: Path) -> None:
    """What was printed went into the first file that was opened."""
    done = _shell("tinyml build --board host >&- 2>&-; cat build/host/*/build.json", tmp_path)
    assert done.stdout.startswith("{"), done.stdout


def test_a_folder_that_was_removed_meanwhile(tmp_path: Path) -> None:
    done = _shell("mkdir gone && cd gone && rmdir ../gone && tinyml build --board host", tmp_path)
    assert done.returncode == 1
    assert "error:" in done.stderr and "internal" not in done.stderr and "Traceback" not in done.stderr


def test_home_is_where_it_is(tmp_path: Path) -> None:
    """`-C '~'` made a folder of that name."""
    (tmp_path / "home").mkdir()
    done = tinyml("verify", "-C", "~/work", cwd=tmp_path, env={"HOME": str(tmp_path / "home")})
    assert "nothing is built yet" in done.stderr
    done = tinyml("build", "-b", "host", "--workspace=~", cwd=tmp_path, env={"HOME": str(tmp_path / "home")})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "build" / "host" / "proposed-int8-aot" / "build.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert tinyml("verify", "-C", "~nosuchuser/x", cwd=tmp_path).returncode == 2
