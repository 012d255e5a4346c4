"""The one locator of data: boards, firmware, templates, models.

What ships with the package lies in a wheel under `toolkit/_data`; in a checkout it is the folders beside `toolkit`.
Boards are looked for in the workspace first, then in the folders that TINYML_PATH names, then here.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path

_PACKAGE = Path(__file__).resolve().parent
_WHEEL_DATA = _PACKAGE / "_data"


def root() -> Path:
    """The folder that holds `boards/`, `firmware/`, `models/` and `templates/`."""
    return _WHEEL_DATA if _WHEEL_DATA.is_dir() else _PACKAGE.parent


def boards() -> Path:
    """The folder of the board files that ship with the package, one TOML file per board."""
    return root() / "boards"


SEARCH_PATH = "TINYML_PATH"
"""The environment variable with the user's own folders, separated as PATH is; each may hold `boards/`, and in it
`cpus/`. The first that has a file of a name wins."""


def board_folders(workspace: Path | None = None) -> tuple[Path, ...]:
    """Where board files may lie, in order; the last is that of the package.

    Args:
        workspace: the user's folder, which comes first; None for none.
    """
    named = [Path(place).expanduser() for place in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if place]
    user = [*([workspace] if workspace is not None else []), *named]
    folders = [folder / "boards" for folder in user]
    return (*(folder for folder in folders if folder.is_dir()), boards())


def firmware() -> Path:
    """The folder of firmware sources: core, engine, kernels, ports."""
    return root() / "firmware"


@functools.cache
def kernels() -> Mapping[str, Path]:
    """Every file of firmware/kernels by its name: names are unique over its folders, as a project has them in one."""
    return {path.name: path for path in sorted((firmware() / "kernels").glob("*/*.[ch]"))}


def kernel_folders() -> tuple[Path, ...]:
    """The folders of firmware/kernels, as include paths."""
    return tuple(sorted({path.parent for path in kernels().values()}))


def templates() -> Path:
    """The folder of jinja2 templates."""
    return root() / "templates"


def models() -> Path:
    """The folder of trained models shipped with the package."""
    return root() / "models"


def external_images() -> Path:
    """The folder of the hand-drawn external images."""
    return root() / "models" / "external_images"


def paper_results() -> Path:
    """The data file of the study: one record for each training of the paper's tables and open questions."""
    return root() / "models" / "paper_results.json"


def cache() -> Path:
    """The per-user cache folder (data sets, Arduino cores); not created here."""
    return Path(user_cache_path("tinyml-toolkit"))


# Where Arduino's own core for AVR boards lies: Debian's package, and what arduino-cli or the IDE downloaded.
_SYSTEM_AVR_CORE = Path("/usr/share/arduino/hardware/arduino/avr")
_ARDUINO_FOLDERS = (".arduino15", "Library/Arduino15", "AppData/Local/Arduino15")


def arduino_folders(home: Path | None = None) -> tuple[Path, ...]:
    """Where arduino-cli and the IDE put what they download: on Linux, macOS and Windows."""
    return tuple((home or Path.home()) / place for place in _ARDUINO_FOLDERS)


def arduino_avr_core() -> Path | None:
    """The installed Arduino core for AVR boards: the folder with `boards.txt`; None if there is none."""
    if (_SYSTEM_AVR_CORE / "boards.txt").is_file():
        return _SYSTEM_AVR_CORE
    for folder in arduino_folders():
        found = sorted(
            (folder / "packages/arduino/hardware/avr").glob("*/boards.txt"),
            key=lambda path: [int(word) for word in path.parent.name.split(".") if word.isdigit()],
        )
        if found:
            return found[-1].parent
    return None
