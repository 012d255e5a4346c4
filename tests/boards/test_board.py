"""Board files: every shipped one parses; every broken one is refused in one line that names file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import build, resources
from toolkit.artifacts import Runtime
from toolkit.errors import BoardError

SHIPPED = sorted(path.stem for path in resources.boards().glob("*.toml"))
BROKEN = Path(__file__).parents[1] / "fixtures" / "boards"


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_board_is_whole(name: str) -> None:
    board = boards.load(name)
    assert board.id == name
    for toolchain in board.toolchain:
        assert build.load(toolchain.builder).tools()
        assert (resources.firmware() / "ports" / toolchain.port).is_dir()
        assert (resources.templates() / toolchain.framework).is_dir()


def test_aliases_are_unique_and_found() -> None:
    names = [name for board in boards.load_all() for name in (board.id, *board.aliases)]
    assert len(names) == len(set(names))
    for board in boards.load_all():
        for alias in board.aliases:
            assert boards.load(alias) == board


@pytest.mark.parametrize(
    ("fixture", "named"),
    [
        ("invalid_unknown_key", "colour"),
        ("invalid_size", "memory.flash.size"),
        ("invalid_cpu", "mcu.cpu"),
        ("invalid_runtime", "runtimes[0]"),
        ("invalid_missing_key", "toolchain[0].port"),
        ("invalid_list", "runtimes"),
        ("invalid_table", "flash"),
        ("invalid_toml", "not valid TOML"),
    ],
)
def test_broken_board_is_named(fixture: str, named: str) -> None:
    with pytest.raises(BoardError) as caught:
        boards.parse(BROKEN / f"{fixture}.toml")
    assert f"{fixture}.toml" in caught.value.message
    assert named in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message.split("(at")[0]


def test_every_broken_fixture_is_tested_and_says_which_rule_it_breaks() -> None:
    for path in BROKEN.glob("*.toml"):
        assert path.read_text().startswith("# Breaks the rule: ")
    assert len(list(BROKEN.glob("*.toml"))) == 8


@pytest.mark.parametrize("name", ["nosuch", "../boards/host", ""])
def test_unknown_board_lists_the_known_ones(name: str) -> None:
    with pytest.raises(BoardError) as caught:
        boards.load(name)
    assert "mps2-an386" in caught.value.hint


def test_toolchains_are_found_by_ability() -> None:
    board = boards.load("mps2-an386")
    assert [chain.builder for chain in board.toolchains(None, None)] == ["arm_gcc"]
    assert board.toolchains("arm-gcc", Runtime.AOT)[0].port == "mps2"
    with pytest.raises(BoardError, match="cannot be built with platformio"):
        board.toolchains("platformio", None)


def test_the_first_toolchain_whose_programs_are_there_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = boards.load("uno").toolchains(None, None)
    assert candidates[0].builder == "arduino_cli"
    there = {"avr-gcc", "make"}
    monkeypatch.setattr("toolkit.process.find", lambda name: Path(name) if name in there else None)
    assert build.choose(candidates).builder == "avr_gcc"
    there.add("arduino-cli")
    assert build.choose(candidates).builder == "arduino_cli"
    there.clear()
    assert build.choose(candidates).builder == "arduino_cli"


def test_unknown_builder_is_refused() -> None:
    with pytest.raises(BoardError, match="no builder 'base'"):
        build.load("base")
