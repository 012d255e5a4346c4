"""The wheel holds everything that the command needs: boards, firmware, templates, models."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return next(out.glob("*.whl"))


def _tracked(folder: str) -> set[str]:
    done = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("folder", ["boards", "firmware", "templates", "models"])
def test_every_tracked_data_file_is_in_the_wheel(wheel: Path, folder: str) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = _tracked(folder)
    assert tracked
    assert {f"toolkit/_data/{name}" for name in tracked} <= names


def test_the_virtual_picos_programs_are_in_the_wheel_and_rp2040js_is_not(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in _tracked("toolkit") if "rp2040js" in name} <= names
    assert not any("node_modules" in name for name in names)


def test_type_checkers_of_others_read_our_types(wheel: Path) -> None:
    assert "toolkit/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_command_works_from_the_unpacked_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = (
        "import sys, toolkit; assert toolkit.__file__.startswith(sys.argv.pop(1)), toolkit.__file__\n"
        "from toolkit.cli.main import main; main()\n"
    )
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(unpacked)!r})\n{code}",
            str(unpacked),
            "build",
            "--board",
            "host",
            "--json",
        ],
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (workspace / "build" / "host" / "proposed-int8-aot" / "project" / "src" / "core" / "app.c").is_file()
