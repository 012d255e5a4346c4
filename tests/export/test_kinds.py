"""Each kind of export is what its build system wants: by its written rules, and by building with what is here."""

from __future__ import annotations

import configparser
import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.export import arduino
from tests.export.programs import written
from toolkit import registry, resources
from toolkit.export import Library, files

NO_AVR = shutil.which("avr-g++") is None or shutil.which("simavr") is None or resources.arduino_avr_core() is None
NO_CMAKE = shutil.which("cmake") is None or shutil.which("gcc") is None


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Arduino's core for the Uno, compiled."""
    return arduino.core(tmp_path_factory.mktemp("core"))


def _run(*arguments: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(each) for each in arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.mark.parametrize("kind", registry.names(registry.EXPORTS))
def test_every_kind_has_a_licence_a_page_and_an_example(alone: Library, kind: str, tmp_path: Path) -> None:
    out = written(alone, kind, tmp_path)
    assert "Apache License" in (out / "LICENSE").read_text(encoding="utf-8")
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "gesture_selftest()" in page
    assert "{{" not in page
    assert "{%" not in page
    assert [path for path in out.rglob("*") if path.name in ("main.c", "main.cpp", "main.py", "SelfTest.ino")]


# https://arduino.github.io/arduino-lint/latest/rules/library, as far as files decide.
FIELDS = {
    "name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures", "includes",
}  # fmt: skip
CATEGORIES = {
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
    "Data Processing", "Other",
}  # fmt: skip


def test_the_arduino_library_keeps_the_linters_rules(library: Library, alone: Library, tmp_path: Path) -> None:
    for made in (library, alone):
        out = written(made, "arduino", tmp_path / made.name)
        lines = (out / "library.properties").read_text(encoding="utf-8").splitlines()
        told = dict(line.split("=", 1) for line in lines)
        assert set(told) == FIELDS  # LP006, LP007, LP019, LP023, LP025, LP031, LP034, LP037, LP040, LP043
        assert all(told.values())  # LP008, LP024, LP026, LP032, LP056, LP044, LP051
        assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.-]{0,15}", told["name"])  # LP009 to LP011, LP015
        assert not re.search(
            "arduino|library", told["name"] + told["maintainer"], re.IGNORECASE
        )  # LP012, 14, 16, 27, 57
        assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])  # LP020, LP021
        assert told["sentence"] not in told["paragraph"]  # LP036
        assert told["category"] in CATEGORIES  # LP038, LP039
        assert told["url"].startswith("https://")  # LP041
        assert all((out / "src" / each).is_file() for each in told["includes"].split(","))  # LP052
        assert (out / "src" / f"{told['name']}.h").is_file()  # LS008
        assert {path.name for path in out.iterdir()} == {
            "library.properties", "keywords.txt", "src", "examples", "LICENSE", "README.md",
        }  # fmt: skip # LS005 to LS007, LS009 to LS012, LP002 to LP004, LD001, LD002, LD005, LD006
        sketches = list(out.rglob("*.ino"))
        assert sketches  # LD004
        assert all(
            path.parent.parent == out / "examples" and path.parent.name == path.stem for path in sketches
        )  # LD003
        words = (out / "keywords.txt").read_text(encoding="utf-8").splitlines()
        assert all(re.fullmatch(r"\w+\t(KEYWORD[123]|LITERAL1)", line) for line in words)


@pytest.mark.emulator
@pytest.mark.skipif(NO_AVR, reason="no AVR core or simavr")
def test_two_networks_in_one_sketch_for_the_uno_prove_themselves(library: Library, core: Path, tmp_path: Path) -> None:
    out = written(dataclasses.replace(library, shared_arena=True), "arduino", tmp_path / "library")
    program = arduino.built(out / "examples" / "SelfTest" / "SelfTest.ino", [out], core, tmp_path / "build")
    assert arduino.said(program, "good").splitlines()[-3:] == ["gesture: proven", "digits: proven", "good"]
    flash, ram = arduino.size(program)
    assert flash < 16_384
    assert ram < 1_500


@pytest.mark.emulator
@pytest.mark.skipif(NO_AVR, reason="no AVR core or simavr")
def test_a_sketch_with_two_libraries_and_a_damaged_weight_says_so(
    library: Library, alone: Library, core: Path, tmp_path: Path
) -> None:
    """Two exports made apart in one sketch: their kernels are the same, and are linked once."""
    digits = dataclasses.replace(library, name="digits", networks=library.networks[1:])
    folders = [written(each, "arduino", tmp_path / each.name) for each in (alone, digits)]
    source = folders[1] / "src" / "digits_avr.c"
    text = source.read_text(encoding="utf-8")
    first = re.search(r"layer0_weights\[\d+\] AOT_CONST = \{\s+(-?\d+)", text)
    assert first is not None
    place, value = first.start(1), int(first[1])
    source.write_text(text[:place] + str(value ^ -128) + text[first.end(1) :], encoding="utf-8")
    sketch = tmp_path / "both.ino"
    sketch.write_text((folders[0] / "examples" / "SelfTest" / "SelfTest.ino").read_text(encoding="utf-8").replace(
        "void loop() {}",
        "void loop() {\n  static bool done;\n  if (done) return;\n  done = true;\n"
        '  Serial.println(digits_begin() || digits_selftest() ? F("end DIFFERS") : F("end proven"));\n}',
    ).replace("#include <gesture.h>", "#include <gesture.h>\n#include <digits.h>"), encoding="utf-8")  # fmt: skip
    program = arduino.built(sketch, folders, core, tmp_path / "build")
    assert arduino.said(program, "end").splitlines()[-3:] == ["gesture: proven", "good", "end DIFFERS"]


@pytest.mark.skipif(NO_AVR, reason="no AVR core or simavr")
def test_the_sketch_for_an_accelerometer_compiles(alone: Library, core: Path, tmp_path: Path) -> None:
    """Against a stand-in for the sensor's library."""
    out = written(alone, "arduino", tmp_path / "library")
    (out / "src" / "Arduino_LSM9DS1.h").write_text(
        "struct Imu {\n  bool begin() { return true; }\n  bool accelerationAvailable() { return true; }\n"
        "  void readAcceleration(float &x, float &y, float &z) { x = y = z = 0.5f; }\n};\nstatic Imu IMU;\n"
    )
    for name in ("Motion", "Values"):
        arduino.built(out / "examples" / name / f"{name}.ino", [out], core, tmp_path / name)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_a_drawing_becomes_the_networks_picture(library: Library, alone: Library, tmp_path: Path) -> None:
    """The page beside the sketch: a bar drawn in a corner comes out in the middle, 20 pixels high, its value whole."""
    digits = dataclasses.replace(library, name="digits", networks=library.networks[1:])
    assert "examples/Values/draw.html" not in files(alone, "arduino")
    page = written(digits, "arduino", tmp_path) / "examples" / "Values" / "draw.html"
    script = page.read_text(encoding="utf-8").split("<script>")[1].split("</script>")[0]
    ask = """
const ink = new Array(280 * 280).fill(0);
for (let y = 10; y < 110; ++y) for (let x = 20; x < 40; ++x) ink[y * 280 + x] = 255;
console.log(JSON.stringify([picture(ink, 280, 280), picture(new Array(280 * 280).fill(0), 280, 280)]));
"""
    (tmp_path / "ask.js").write_text(script + ask)
    made, nothing = json.loads(_run("node", tmp_path / "ask.js"))
    assert nothing is None
    lit = {(at // 28, at % 28) for at, value in enumerate(made) if value > 0.5}
    assert lit == {(row, column) for row in range(4, 24) for column in range(12, 16)}
    assert max(made) == 1.0


def test_the_platformio_manifest_names_what_is_there(library: Library, tmp_path: Path) -> None:
    out = written(library, "platformio", tmp_path)
    told = json.loads((out / "library.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", told["name"])
    assert len(told["description"]) <= 255
    assert (out / told["build"]["srcDir"]).is_dir()
    assert all((out / told["build"]["includeDir"] / header).is_file() for header in told["headers"])
    for example in told["examples"]:
        assert all((out / example["base"] / file).is_file() for file in example["files"])
    project = configparser.ConfigParser()
    project.read(out / "examples" / "selftest" / "platformio.ini")
    assert {"env", "env:uno", "env:nano33ble"} == set(project.sections())


STUBS = {
    # What Zephyr's and ESP-IDF's CMake give, as far as an export calls it.
    "zephyr": """
set(CONFIG_GESTURE_DIGITS y)
function(zephyr_include_directories)
  include_directories(${ARGN})
endfunction()
macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} STATIC)
endmacro()
function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGN})
endfunction()
include(${EXPORT}/zephyr/CMakeLists.txt)
target_include_directories(gesture_digits PUBLIC ${EXPORT}/include)
""",
    "esp_idf": """
include(CMakeParseArguments)
function(idf_component_register)
  cmake_parse_arguments(given "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS" ${ARGN})
  add_library(gesture_digits STATIC ${given_SRCS})
  target_include_directories(gesture_digits PUBLIC ${CMAKE_CURRENT_LIST_DIR}/${given_INCLUDE_DIRS})
endfunction()
include(${EXPORT}/CMakeLists.txt)
""",
    "cmake": "add_subdirectory(${EXPORT} inner)\n",
}


@pytest.mark.skipif(NO_CMAKE, reason="no cmake or gcc")
@pytest.mark.parametrize("kind", sorted(STUBS))
def test_its_cmake_builds_a_library_that_proves_itself(library: Library, kind: str, tmp_path: Path) -> None:
    """Zephyr's and ESP-IDF's own CMake are not here: stand-ins for the functions that are called."""
    out = written(library, kind, tmp_path / "library")
    main = written(library, "folder", tmp_path / "folder") / "example" / "main.c"
    (tmp_path / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.13)\nproject(mine C)\nset(EXPORT {out})\n{STUBS[kind]}\n"
        f"add_executable(mine {main})\ntarget_link_libraries(mine gesture_digits)\n"
    )
    _run("cmake", "-B", "build", "-DCMAKE_C_FLAGS=-Wall -Wextra -Wconversion -Werror", cwd=tmp_path)
    _run("cmake", "--build", "build", cwd=tmp_path)
    _run(tmp_path / "build" / "mine")


@pytest.mark.skipif(NO_CMAKE, reason="no gcc")
def test_the_programs_for_zephyr_and_esp_idf_compile(library: Library, tmp_path: Path) -> None:
    """Against stand-ins for the two systems' headers."""
    (tmp_path / "zephyr" / "shell").mkdir(parents=True)
    (tmp_path / "zephyr" / "kernel.h").write_text(
        "#include <errno.h>\n#include <stdio.h>\n#define printk printf\n#define ARG_UNUSED(x) (void)(x)\n"
    )
    (tmp_path / "zephyr" / "shell" / "shell.h").write_text(
        "#include <stddef.h>\nstruct shell { int x; };\n"
        "#define shell_print(sh, ...) ((void)(sh), printf(__VA_ARGS__))\n"
        "struct command { const char *name; int (*call)(const struct shell *, size_t, char **); };\n"
        "#define SHELL_CMD(word, sub, help, call) {#word, call}\n#define SHELL_SUBCMD_SET_END {NULL, NULL}\n"
        "#define SHELL_STATIC_SUBCMD_SET_CREATE(name, ...) static const struct command name[] = {__VA_ARGS__}\n"
        "#define SHELL_CMD_REGISTER(word, sub, help, call) const struct command *word##_registered = *(sub)\n"
    )
    for kind, program in (
        ("zephyr", "samples/shell/src/main.c"), ("esp_idf", "examples/selftest/main/main.c"),
    ):  # fmt: skip
        out = written(library, kind, tmp_path / kind)
        flags = ("-std=c11", "-Wall", "-Wextra", "-Wno-unused-variable", "-Werror", f"-I{tmp_path}", f"-I{out}/include")
        _run("gcc", *flags, "-c", out / program, "-o", tmp_path / "main.o")


MICROPYTHON = """
#include <stddef.h>
#include <stdint.h>
typedef void *mp_obj_t;
typedef size_t mp_uint_t;
typedef struct { int x; } mp_obj_fun_bc_t;
typedef struct { void *buf; size_t len; int typecode; } mp_buffer_info_t;
void mp_get_buffer_raise(mp_obj_t from, mp_buffer_info_t *info, mp_uint_t flags);
void mp_raise_ValueError(const char *text);
mp_obj_t mp_obj_new_int(int value);
void mp_store_global(int name, mp_obj_t value);
#define MP_ERROR_TEXT(text) text
enum { MP_BUFFER_READ = 1, MP_BUFFER_WRITE = 2 };
enum { MP_QSTR_gesture_run, MP_QSTR_gesture_selftest, MP_QSTR_gesture_inputs, MP_QSTR_gesture_outputs,
       MP_QSTR_digits_run, MP_QSTR_digits_selftest, MP_QSTR_digits_inputs, MP_QSTR_digits_outputs };
#define MP_DEFINE_CONST_FUN_OBJ_0(name, call) mp_obj_t (*const name)(void) = call
#define MP_DEFINE_CONST_FUN_OBJ_2(name, call) mp_obj_t (*const name)(mp_obj_t, mp_obj_t) = call
#define MP_OBJ_FROM_PTR(object) ((mp_obj_t)(uintptr_t)(object))
#define MP_DYNRUNTIME_INIT_ENTRY
#define MP_DYNRUNTIME_INIT_EXIT return mp_obj_new_int(0);
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_the_module_for_micropython_compiles(library: Library, tmp_path: Path) -> None:
    """Against a stand-in for its header; and nothing of a network is a static variable, which it cannot link."""
    out = written(library, "micropython", tmp_path / "library")
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "dynruntime.h").write_text(MICROPYTHON)
    flags = ("-std=c99", "-Wall", "-Werror", "-Wno-unused-parameter", f"-I{tmp_path}", f"-I{out}/include")
    _run("gcc", *flags, "-c", out / "module.c", "-o", tmp_path / "module.o")
    for source in sorted((out / "src").glob("*.c")):
        _run("gcc", "-std=c99", "-Os", f"-I{out}/include", "-c", source, "-o", tmp_path / "source.o")
        listed = _run("nm", tmp_path / "source.o").splitlines()
        assert [line for line in listed if line.split()[-2] == "b"] == [], source.name
    compile((out / "example" / "main.py").read_text(encoding="utf-8"), "main.py", "exec")


def test_the_zephyr_module_names_what_is_there(library: Library, tmp_path: Path) -> None:
    out = written(library, "zephyr", tmp_path)
    told = (out / "zephyr" / "module.yml").read_text(encoding="utf-8")
    assert told == (
        "name: gesture_digits\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\nsamples:\n  - samples\n"
    )  # the keys of scripts/zephyr_module.py's schema
    assert (out / "zephyr" / "CMakeLists.txt").is_file()
    assert "config GESTURE_DIGITS\n\tbool " in (out / "zephyr" / "Kconfig").read_text(encoding="utf-8")
    assert (out / "samples" / "shell" / "sample.yaml").is_file()
    assert "CONFIG_GESTURE_DIGITS=y" in (out / "samples" / "shell" / "prj.conf").read_text(encoding="utf-8")


def test_the_packs_description_names_every_source(library: Library, tmp_path: Path) -> None:
    """Held to PACK.xsd 1.7.60 by hand; here: that each file is there, and no source is forgotten."""
    out = written(library, "cmsis_pack", tmp_path)
    root = ElementTree.parse(out / "tinyml.gesture_digits.pdsc").getroot()  # noqa: S314 - our own file
    assert [child.tag for child in root] == [
        "vendor", "name", "description", "url", "license", "releases", "conditions", "components",
    ]  # fmt: skip
    assert f"{root.findtext('vendor')}.{root.findtext('name')}.pdsc" == "tinyml.gesture_digits.pdsc"
    named = {each.attrib["name"] for each in root.iter("file")}
    assert all((out / name).exists() for name in named)
    assert {f"src/{path.name}" for path in (out / "src").glob("*.c")} <= named
    assert {f"include/{path.name}" for path in (out / "include").glob("*.h")} <= named
    condition = root.find("components/component")
    assert condition is not None
    assert condition.attrib["condition"] == "Cortex-M"
