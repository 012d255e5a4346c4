"""The engine's C++ against TFLM's real headers, as each road compiles it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.tflm import headers
from tests.tflm.models import shipped
from tests.tflm.tools import run
from toolkit import resources
from toolkit.runtimes.tflm import Library, prepare

CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
LIBRARY = Library("libtensorflow-microlite.a", ("",), (), "0" * 64)
PROFILING = dataclasses.replace(LIBRARY, profiles=True)

# The bare-metal Makefile's options, and those of the two cores that the Arduino libraries are used on: Arduino's mbed
# core compiles C++14. Both libraries have TFLM's headers at the same places under tensorflow/; their own one header is
# for the sketch, which must include it for the IDE to find the library.
ROADS = {
    "bare metal": ("-std=c++17", "-O3", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"),
    "Arduino": ("-std=gnu++14", "-Os", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"),
}


def compile_engine(folder: Path, options: tuple[str, ...]) -> Path:
    firmware = resources.firmware() / "engine"
    made = folder / "tflm_engine.o"
    argv = (
        "arm-none-eabi-g++",
        *CORTEX_M4,
        *options,
        *STRICT,
        *headers.options(folder),
        f"-I{folder}",
        f"-I{firmware}",
    )
    run(*argv, "-c", firmware / "tflm_engine.cc", "-o", made)
    return made


def write(folder: Path, generated: dict[str, str]) -> None:
    for name, text in generated.items():
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("road", "model", "library"),
    [("Arduino", "int8_per_tensor", None), ("bare metal", "float32", LIBRARY), ("bare metal", "int8", PROFILING)],
)
def test_it_compiles_against_the_real_headers(road: str, model: str, library: Library | None, tmp_path: Path) -> None:
    made = prepare(shipped(model), library)
    write(tmp_path, dict(made.generated))
    engine = compile_engine(tmp_path, ROADS[road])
    symbols = run("arm-none-eabi-nm", "-C", engine)
    defined = {line.split()[-1] for line in symbols.splitlines() if " T " in line}
    assert {"engine_init", "engine_info", "engine_input", "engine_invoke", "engine_output"} <= defined
    # Start-up code of a board need not run constructors, and nothing may be registered for exit.
    sections = run("arm-none-eabi-objdump", "-h", engine)
    assert ".init_array" not in sections
    assert ".ctors" not in sections
    for heap in ("malloc", "operator new(", "__cxa_atexit", "__cxa_guard_acquire"):
        assert heap not in symbols


def test_the_resolver_has_one_slot_for_each_operator(tmp_path: Path) -> None:
    made = prepare(shipped("int8"), LIBRARY)
    assert len(made.methods) == 6
    assert "tflite::MicroMutableOpResolver<6>" in made.generated["tflm_config.h"]
    for method in made.methods:
        assert made.generated["tflm_config.h"].count(f"resolver->{method}()") == 1


def test_sizes_are_the_models_own() -> None:
    config = prepare(shipped("int8"), LIBRARY).generated["tflm_config.h"]
    assert "kEnds[kInputs + kOutputs] = {{784u, ENGINE_INT8, {0}}, {10u, ENGINE_INT8, {0}}};" in config
    config = prepare(shipped("float32"), LIBRARY).generated["tflm_config.h"]
    assert "{{3136u, ENGINE_FLOAT32, {0}}, {40u, ENGINE_FLOAT32, {0}}}" in config


def test_the_model_array_is_const_and_aligned_to_16(tmp_path: Path) -> None:
    write(tmp_path, dict(prepare(shipped("int8"), LIBRARY).generated))
    run("arm-none-eabi-gcc", *CORTEX_M4, "-std=c99", *STRICT, "-c", "tflm_model.c", "-o", "tflm_model.o", cwd=tmp_path)
    listing = run("arm-none-eabi-objdump", "-h", "tflm_model.o", cwd=tmp_path)
    section = next(line.split() for line in listing.splitlines() if " .rodata" in line)
    assert int(section[2], 16) >= len(shipped("int8"))
    assert section[-1] == "2**4"


def test_bare_metal_gets_a_silent_debug_log_and_arduino_does_not() -> None:
    assert prepare(shipped("int8"), LIBRARY).engine == ("tflm_engine.cc", "tflm_platform.c")
    assert prepare(shipped("int8_per_tensor"), None).engine == ("tflm_engine.cc",)
    assert "tflm.mk" not in prepare(shipped("int8_per_tensor"), None).generated
