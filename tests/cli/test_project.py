"""tinyml.toml: its keys are defaults of options, the command line wins, and what is wrong is one line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer.main

from tests.cli.projects import DOCUMENT, MODEL, project, said, tinyml
from tests.json_schema import wrong
from toolkit import gates, project_schema, projectfile
from toolkit.cli import project as command
from toolkit.cli.main import app
from toolkit.errors import ProjectFileError
from toolkit.selection import RESIZES, TASKS

GROUP: Any = typer.main.get_command(app)
READERS = [each for each in GROUP.commands.values() if isinstance(each, command.Command)]
SCHEMA = project_schema.schema(command.helps(app))
FULL = """
board = "./mine.toml"
emulate = true
method = "arduino-cli"
junit = "out/verdict.xml"
[model]
path = "net.tflite"
dtype = "float32"
runtime = "tflm"
toolchain = "host-gcc"
optimise = "size"
[data]
path = "test.npz"
inputs = ["x1", "x2"]
truth = "y.npy"
task = "classify"
classes = "left, right"
scale = "-1..1"
resize = "crop"
images = "~/pictures"
limit = 3
[gate]
accuracy = 0.95
flash_bytes = 65536
"""


def test_every_key_is_an_option_of_a_command_that_reads_the_file() -> None:
    spelt = {spelling for each in READERS for parameter in each.params for spelling in parameter.opts}
    assert [key for key in projectfile.all_keys() if projectfile.option(key) not in spelt] == []


def test_every_option_of_run_is_a_key() -> None:
    """But for those that say where things lie, what is printed, and how many boards run at a time."""
    keys = {projectfile.option(key) for key in projectfile.all_keys()}
    run = next(each for each in READERS if each.name == "run")
    others = {"--project", "--workspace", "--json", "--verbose", "--jobs"}
    assert {each.opts[0] for each in run.params} - others <= keys


def test_the_commands_that_work_on_a_project_read_its_file() -> None:
    own = {"build", "compare", "flash", "verify", "run", "report", "bisect", "profile", "export", "update"}
    assert {each.name for each in READERS} == own


def test_its_words_are_those_of_the_options() -> None:
    hints = get_type_hints(projectfile.Data)
    assert get_args(get_args(hints["task"])[0]) == TASKS
    assert get_args(get_args(hints["resize"])[0]) == RESIZES


def test_paths_are_relative_to_its_folder_and_names_are_not(tmp_path: Path) -> None:
    folder = project(tmp_path / "there", FULL)
    (folder / "y.npy").touch()  # the truth in a file of its own
    (folder / "x1").touch()
    (folder / "test.npz").touch()
    read = projectfile.find(folder)
    assert read is not None
    assert read.said() == {
        "board": f"{folder}/./mine.toml",
        "emulate": True,
        "method": "arduino-cli",
        "junit": f"{folder}/out/verdict.xml",
        "model.path": f"{folder}/net.tflite",
        "model.dtype": "float32",
        "model.runtime": "tflm",
        "model.toolchain": "host-gcc",
        "model.optimise": "size",
        "data.path": f"{folder}/test.npz",
        "data.inputs": ["x1", "x2"],
        "data.truth": [f"{folder}/y.npy"],
        "data.task": "classify",
        "data.classes": ["left", "right"],
        "data.scale": "-1..1",
        "data.resize": "crop",
        "data.images": "~/pictures",
        "data.limit": 3,
        "gate": ["accuracy=0.95", "flash_bytes=65536"],
    }


BROKEN = {
    'borad = "host"': ("borad is not a known key", "is board meant?"),
    "board = 3": ("board is 3", "a text in quotes"),
    "board = \n": ("line 1", ""),
    "[model]\ndtype = 'int9'": ("model.dtype is 'int9'", "int8, float32"),
    "[model]\npath = 'a'\nname = 'b'": ("[model] has a path and a name", ""),
    "model = 3": ("model must be a table", ""),
    "[data]\ntask = 'clasify'": ("data.task is 'clasify'", "classify, regress"),
    "[data]\nlimit = -1": ("data.limit must not be less than 0", ""),
    "[data]\ninputs = []": ("data.inputs is empty", ""),
    "[data]\ninputs = ['a,b']": ("data.inputs[0] is 'a,b'", "without a comma"),
    "[data]\ninputs = 3": ("data.inputs must be a list", ""),
    "[gate]\naccurcy = 0.9": ("gate.accurcy is not a known key", "is accuracy meant?"),
    "[gate]\naccuracy = 1.5": ("gate.accuracy must not be more than 1", ""),
    "[gate]\naccuracy = nan": ("gate.accuracy", "a number"),
    "[gate]\naccuracy = '90 %'": ("gate.accuracy must be a number", ""),
    "[gate]\nflash_bytes = 1.5": ("gate.flash_bytes must be a whole number", ""),
    "emulate = 'yes'": ("emulate is 'yes'", "true or false"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_one_line_that_names_it(tmp_path: Path, text: str) -> None:
    message, hint = BROKEN[text]
    with pytest.raises(ProjectFileError) as caught:
        projectfile.find(project(tmp_path, text))
    assert caught.value.message.startswith("tinyml.toml")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("junit", ["/tmp/verdict.xml", "../verdict.xml", "~/verdict.xml", "link/verdict.xml"])  # noqa: S108
def test_it_has_nothing_written_elsewhere(tmp_path: Path, junit: str) -> None:
    """A folder may be a stranger's, and `tinyml run` in it reads its file unasked."""
    folder = project(tmp_path / "own", f'junit = "{junit}"')
    (folder / "link").symlink_to(tmp_path)
    read = projectfile.find(folder)
    assert read is not None
    with pytest.raises(ProjectFileError) as caught:
        read.said()
    assert "not in the file's folder" in caught.value.message


def test_the_command_tells_it_so_too(tmp_path: Path) -> None:
    done = tinyml("run", cwd=project(tmp_path, "[data]\nscal = '0..1'"))
    assert done.returncode == 1
    assert said(done).startswith("error: tinyml.toml: data.scal is not a known key | try: is scale meant?")
    done = tinyml("run", "--help", cwd=tmp_path)
    assert done.returncode == 0  # help is had all the same
    done = tinyml("run", "--project", "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "there is no nowhere" in said(done)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on this computer that was run with no option."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "net.tflite").write_bytes(MODEL.read_bytes())
    project(
        folder, 'board = "host"\n[model]\npath = "net.tflite"\n[data]\nlimit = 4\n[gate]\nflash_bytes = 1_000_000\n'
    )
    done = tinyml("run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["images"] == 14  # and the ten drawn ones
    assert told["model"] == "net"
    assert [gate["name"] for gate in told["gates"]] == ["flash_bytes"]
    return folder


def test_run_needs_no_option_and_the_command_line_wins(built: Path) -> None:
    done = tinyml("run", "--no-strength", "--limit", "5", "--gate", "accuracy=0.1", "--json", cwd=built)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["images"] == 15
    assert [gate["name"] for gate in told["gates"]] == ["accuracy"]


def test_a_build_alone_is_held_to_gates_of_sizes(built: Path) -> None:
    done = tinyml("build", "--gate", "flash_bytes=10", "--gate", "accuracy=1", "--json", cwd=built)
    assert done.returncode == 4
    assert [(gate["name"], gate["met"]) for gate in json.loads(done.stdout)["gates"]] == [("flash_bytes", False)]
    assert "1 gate is not met: flash_bytes" in said(done)
    done = tinyml("run", "--no-strength", "--gate", "ram_bytes=10", cwd=built)
    assert done.returncode == 4
    assert "PROVEN" in done.stdout
    assert tinyml("report", "--json", cwd=built).returncode == 4  # it says again what was judged


def test_it_is_reached_from_elsewhere_and_what_is_made_lies_beside_it(built: Path, tmp_path: Path) -> None:
    done = tinyml("report", "--project", str(built), "--json", cwd=tmp_path)  # of whatever was judged last
    assert json.loads(done.stdout)["report"].startswith(str(built.resolve()))
    done = tinyml("build", "--project", str(built / "tinyml.toml"), "-C", str(tmp_path), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["image"].startswith(str(tmp_path))


def test_what_speaks_of_its_own_board_is_not_said_of_another(tmp_path: Path) -> None:
    folder = project(tmp_path, 'board = "nano33"\nemulate = true\n[model]\ntoolchain = "arduino-cli"\n')
    done = tinyml("run", "--board", "host", "--model", "nosuch", cwd=folder)
    assert "there is no model" in said(done)  # neither --emulate nor the toolchain stood in the way
    done = tinyml("flash", "--stop", cwd=folder)
    assert "--stop goes with no other" not in said(done)


def test_the_schema_is_what_is_generated() -> None:
    done = tinyml("init", "--schema")
    assert done.returncode == 0, done.stderr
    assert (DOCUMENT / "project.schema.json").read_text() == done.stdout, (
        "tinyml init --schema > docs/project.schema.json"
    )


def test_the_schema_knows_right_from_wrong() -> None:
    assert wrong(tomllib.loads(FULL), SCHEMA, SCHEMA) == []
    for text in BROKEN:
        if text not in ("board = \n", "[gate]\naccuracy = nan", "[data]\ninputs = ['a,b']"):
            assert wrong(tomllib.loads(text), SCHEMA, SCHEMA), text


def test_the_schema_describes_every_key() -> None:
    for table in (SCHEMA, SCHEMA["$defs"]["Model"], SCHEMA["$defs"]["Data"], SCHEMA["$defs"]["Gates"]):
        for key, told in table["properties"].items():
            assert "description" in told or "$ref" in told, key


def test_the_page_has_every_key() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (DOCUMENT / "project.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_.]+)`", row)}
    asked = {key for key in projectfile.all_keys() if key != "gate"}
    asked |= {f"gate.{name}" for name in gates.directions()}
    assert named == asked
