"""What `tinyml export` writes computes what the host does, in a program of the user's own, and says so."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.export.programs import GESTURES, ROOT, code, compiled, selftest, written
from tests.export.targets import TARGETS, Target, build, proof, run
from toolkit import reference, resources
from toolkit.data.tensor import quantised
from toolkit.errors import UsageError
from toolkit.export import Library, kernels, rows
from toolkit.export.network import check_prefix, prefix
from toolkit.steps.export import MARKER
from toolkit.tflite.ends import ends_of

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("gcc", ("-std=c99", "-O2")),
        ("gcc", ("-std=c2x", "-O1", "-flto")),
        ("clang", ("-std=c2x", "-O1")),
    ],
)
def test_the_example_proves_both_networks(two: Path, tmp_path: Path, compiler: str, flags: tuple[str, ...]) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    main = (two / "example" / "main.c").read_text(encoding="utf-8")
    assert code(compiled([two], main, tmp_path, compiler, flags)) == 0


@pytest.mark.parametrize("standard", ["c++11", "c++17", "c++23"])
def test_the_header_is_cpp_too(two: Path, tmp_path: Path, standard: str) -> None:
    source = tmp_path / "user.cpp"
    source.write_text('#include "gesture.h"\n#include "digits.h"\nint f() { return gesture_begin(); }\n')
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", f"-I{two}/include"]
    subprocess.run(["g++", *flags, "-c", str(source), "-o", str(tmp_path / "user.o")], check=True)


def test_it_answers_as_the_host_does(two: Path, tmp_path: Path) -> None:
    """gesture_run_f32() against the interpreter, on values of a user's, clamped and halfway ones among them."""
    tflite = Path(GESTURES).read_bytes()
    io = ends_of(tflite)
    given = np.random.default_rng(3).normal(0, 1, (5, *io.input.sample)).astype(np.float32)
    given[0, 0] = (1e9, -1e9, np.float32(io.input.scale) * 1.5)
    due = io.output.real(reference.expected_outputs(tflite, quantised(given, io.input)))
    listed = ", ".join(f"{value:.9e}f" for value in given.ravel())
    main = """
#include <stdio.h>
#include "gesture.h"
static const float in[5 * GESTURE_IN_ELEMENTS] = {VALUES};
int main(void) {
  float out[GESTURE_OUT_ELEMENTS];
  if (gesture_begin()) return 1;
  for (unsigned i = 0; i < 5; ++i) {
    if (gesture_run_f32(in + i * GESTURE_IN_ELEMENTS, out)) return 2;
    for (unsigned k = 0; k < GESTURE_OUT_ELEMENTS; ++k) printf("%.9g ", (double)out[k]);
  }
  return 0;
}
""".replace("VALUES", listed)
    program = compiled([two], main, tmp_path)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert np.array_equal(np.array(said.split(), np.float32).reshape(5, -1), due.astype(np.float32))


def test_the_arena_may_be_the_users(two: Path, tmp_path: Path) -> None:
    main = """
#include "gesture.h"
static uint32_t mine[GESTURE_ARENA_BYTES / 4u + 2u];
int main(void) {
  if (gesture_selftest() != GESTURE_NO_ARENA || gesture_run() != GESTURE_NO_ARENA) return 1;
  if (gesture_input() != NULL || gesture_output() != NULL || gesture_selftest_layer() != -2) return 2;
  if (gesture_init(mine, GESTURE_ARENA_BYTES - 1u) != GESTURE_ARENA_TOO_SMALL) return 3;
  if (gesture_init((char *)mine + 1, sizeof mine - 1u) != GESTURE_ARENA_UNALIGNED) return 4;
  if (gesture_init(mine, sizeof mine)) return 5;
  return gesture_selftest() || gesture_selftest_layer() != -1;
}
"""
    flags = ("-std=c99", "-O0", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
    program = compiled([two], main, tmp_path, flags=flags)
    assert code(program) == 0
    assert "gesture_arena" not in subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout


def test_arena_and_constants_are_placed(two: Path, tmp_path: Path) -> None:
    """In sections of the user's: memory close to the core, flash outside."""
    places = ("GESTURE_ARENA_ATTRIBUTE", "near_ram"), ("GESTURE_CONSTANTS", "far_flash")
    flags = [f'-D{macro}=__attribute__((section("{section}")))' for macro, section in places]
    program = compiled([two], selftest("gesture"), tmp_path, flags=("-std=c99", "-O0", *flags))
    assert code(program) == 0
    said = subprocess.run(["objdump", "-h", program], capture_output=True, text=True, check=True).stdout
    sizes = {line.split()[1]: int(line.split()[2], 16) for line in said.splitlines() if len(line.split()) == 7}
    header = (two / "include" / "gesture.h").read_text(encoding="utf-8")
    assert sizes["near_ram"] in map(int, re.findall(r"GESTURE_ARENA_BYTES (\d+)u", header))
    assert sizes["far_flash"] > min(map(int, re.findall(r"GESTURE_CONSTANTS_BYTES (\d+)u", header)))


@pytest.mark.parametrize(
    ("compiler", "flags", "most"),
    [
        ("arm-none-eabi-gcc", ("-mcpu=cortex-m0plus", "-mthumb"), 300),
        ("arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb"), 300),
        ("avr-gcc", ("-mmcu=atmega328p",), 460),
    ],
)
def test_the_selftest_is_small(two: Path, tmp_path: Path, compiler: str, flags: tuple[str, ...], most: int) -> None:
    """Its file by itself. On RISC-V the linker makes 290 of 326 bytes; 32 bits are four registers on an AVR."""
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    out, source = tmp_path / "a.o", two / "src" / "gesture_selftest.c"
    subprocess.run(
        [compiler, *flags, "-Os", "-std=gnu99", f"-I{two / 'include'}", "-c", str(source), "-o", str(out)], check=True
    )
    size = compiler.replace("gcc", "size")
    said = subprocess.run([size, str(out)], capture_output=True, text=True, check=True).stdout
    assert 0 < int(said.splitlines()[1].split()[0]) < most


def _changed(export: Path, place: Path, file: str, pattern: str, to: str) -> Path:
    """A copy in which the first match in a source is another text."""
    copy = shutil.copytree(export, place)
    path = copy / "src" / file
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, to, text, count=1, flags=re.DOTALL)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    return copy


def test_a_flipped_weight_is_caught_and_its_layer_named(two: Path, tmp_path: Path) -> None:
    text = (two / "src" / "gesture_portable.c").read_text(encoding="utf-8")
    first = re.search(r"layer3_weights\[\d+\] AOT_CONST = \{\s+(-?\d+),", text)
    assert first is not None
    value = int(first[1]) ^ -128
    pattern = r"(layer3_weights\[\d+\] AOT_CONST = \{\s+)-?\d+,"
    bad = _changed(two, tmp_path / "bad", "gesture_portable.c", pattern, rf"\g<1>{value},")
    assert code(compiled([bad], selftest("gesture"), tmp_path / "a")) == 1
    layer = '#include "gesture.h"\nint main(void) { return gesture_begin() ? 99 : gesture_selftest_layer(); }\n'
    assert code(compiled([bad], layer, tmp_path / "b")) == 3


def test_a_truncated_array_is_caught(two: Path, tmp_path: Path) -> None:
    bad = _changed(
        two,
        tmp_path / "bad",
        "gesture_portable.c",
        r"(layer\d_weights\[\d+\] AOT_CONST = \{\n.*?),[^}]*?\n\};",
        r"\1};",
    )
    assert code(compiled([bad], selftest("gesture"), tmp_path / "a")) == 1


def test_a_float_network_holds_with_any_order_of_sums_and_not_with_fast_math(real: Path, tmp_path: Path) -> None:
    for place, (flags, due) in enumerate(
        [(("-O0",), 0), (("-O2", "-ffp-contract=fast", "-march=native"), 0), (("-O1", "-ffast-math"), 5)]
    ):
        assert code(compiled([real], selftest("real"), tmp_path / str(place), flags=flags)) == due
    weights = r"(layer0_weights\[\d+\] AOT_CONST = \{\s+)-?[\d.e-]+f,"
    bad = _changed(real, tmp_path / "bad", "real_portable_fpu.c", weights, r"\g<1>5.0f,")
    assert code(compiled([bad], selftest("real"), tmp_path / "b")) == 1


def test_exports_made_apart_share_their_kernels(library: Library, two: Path, tmp_path: Path) -> None:
    renamed = dataclasses.replace(library.networks[0], name="moves")
    alone = written(dataclasses.replace(library, name="moves", networks=(renamed,)), "folder", tmp_path / "alone")
    main = (
        '#include "moves.h"\n#include "gesture.h"\nint main(void) {\n'
        "  return moves_begin() || moves_selftest() || gesture_begin() || gesture_selftest();\n}\n"
    )
    flags = ("-std=c99", "-O0", "-ffunction-sections", "-Wl,--gc-sections")
    program = compiled([two, alone], main, tmp_path / "a", flags=flags)
    assert code(program) == 0
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    assert symbols.count(f"aot_{kernels.version()}_softmax_s8\n") == 1


def test_every_global_symbol_is_the_networks_or_a_kernels_with_its_version(two: Path, tmp_path: Path) -> None:
    program = compiled([two], selftest("gesture"), tmp_path, flags=("-std=c99", "-O0", "-r", "-nostdlib", "-Wl,-d"))
    listed = subprocess.run(["nm", "-g", "--defined-only", program], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in listed.splitlines()} - {"main"}
    ours = re.compile(rf"(gesture|digits)(_|$)|aot_{kernels.version()}_")
    assert names
    assert {name for name in names if not ours.match(name)} == set()


def test_the_list_of_a_kernels_functions_is_what_its_object_has(tmp_path: Path) -> None:
    """What is missing there is not weak, and two exports would not link."""
    includes = [f"-I{folder}" for folder in resources.kernel_folders()]
    sources = {name: path for name, path in resources.kernels().items() if name.endswith(".c")}
    subprocess.run(["gcc", "-O0", "-w", "-c", *includes, *map(str, sources.values())], cwd=tmp_path, check=True)
    for name in sources:
        said = subprocess.run(
            ["nm", "-g", "--defined-only", f"{name[:-2]}.o"], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        assert sorted(line.split()[-1] for line in said.splitlines()) == list(kernels.functions(name)), name


def test_inputs_are_those_that_the_c_makes(two: Path, tmp_path: Path) -> None:
    """The fourth of the self-test's inputs, which is left in the arena when nothing has run on it."""
    main = (
        '#include <stdio.h>\n#include "gesture_net.h"\nint main(void) {\n  (void)gesture_begin();\n'
        "  gesture_selftest_fill(3);\n  for (int i = 0; i < GESTURE_INPUT_ELEMENTS; ++i) "
        'printf("%d ", gesture_input()[i]);\n  return GESTURE_SELFTEST_SEED;\n}\n'
    )
    program = compiled([two], main, tmp_path, flags=("-std=c99", f"-I{two}/src"))
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    tensors = ends_of(Path(GESTURES).read_bytes()).inputs
    assert np.array_equal(np.array(done.stdout.split(), np.int8), rows(tensors, done.returncode, 4)[3].view(np.int8))


@pytest.mark.parametrize(
    ("name", "due"), [("Gesture-2.1", "gesture_2_1"), ("3x3", "net_3x3"), ("model", "model_net"), ("ü", "net")]
)
def test_a_models_name_becomes_a_prefix(name: str, due: str) -> None:
    assert prefix(name) == due
    assert check_prefix(due) == due


@pytest.mark.parametrize("name", ["", "Gesture", "a b", "2x", "aot", "x" * 60, "a_"])
def test_what_is_no_prefix_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_prefix(name)


def test_the_command_refuses_a_folder_with_something_else_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = tinyml("export", "--model", GESTURES, "--out", str(tmp_path))
    assert done.returncode == 2
    assert "holds something that no export made" in done.stderr
    assert (tmp_path / "mine.txt").is_file()


def test_the_command_takes_the_project_file_and_replaces_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / MARKER).touch()
    (tmp_path / "g" / "stale.c").touch()
    done = tinyml(
        "export", "--project", str(ROOT / "examples" / "gestures"), "--out", str(tmp_path / "g"), "--json",
        cwd=ROOT / "examples" / "gestures",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "g" / "stale.c").exists()
    assert '"noticed"' in done.stdout
    header = (tmp_path / "g" / "include" / "gestures.h").read_text(encoding="utf-8")
    assert 'GESTURES_CLASS_NAMES {"wing", "ring", "slope", "rest"}' in header


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "bazel"), "--as bazel is not known"),
        (("--name", "a", "--name", "b"), "2 --name for 1 --model"),
        (("--name", "Mine"), "no prefix"),
        (("--classes", "a,b"), "2 classes are named"),
        (("--model", "nobody"), "there is no model"),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = tinyml("export", "--model", GESTURES, "--out", str(tmp_path / "g"), *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not (tmp_path / "g").exists()


@pytest.mark.emulator
@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake")
@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc")
@pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="no QEMU")
def test_the_cmake_example_proves_both_networks_on_the_mps2(library: Library, tmp_path: Path) -> None:
    """ctest by the export's own toolchain file; and a damaged weight fails it."""
    out = written(library, "cmake", tmp_path / "out")
    for place, due in (("good", 0), ("bad", 8)):
        chain, strict = (
            f"-DCMAKE_TOOLCHAIN_FILE={out}/example/mps2-an386.cmake",
            "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror",
        )
        subprocess.run(["cmake", "-S", out, "-B", tmp_path / place, chain, strict], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", tmp_path / place], check=True, capture_output=True)
        done = subprocess.run(["ctest", "--test-dir", tmp_path / place], check=False, capture_output=True, timeout=120)
        assert done.returncode == due, done.stdout
        if place == "bad":
            break
        source = out / "src" / "digits_armv7em.c"
        text = source.read_text(encoding="utf-8")
        source.write_text(
            re.sub(r"(layer2_stream\[\d+\] AOT_CONST = \{\s+)(-?\d+)", r"\g<1>2139062143", text), encoding="utf-8"
        )
        assert source.read_text(encoding="utf-8") != text


@pytest.mark.emulator
@pytest.mark.parametrize("target", [each for each in TARGETS if each.machine], ids=lambda each: each.name)
def test_one_export_serves_every_core(two: Path, tmp_path: Path, target: Target) -> None:
    if target.missing:
        pytest.skip(f"no {target.missing}")
    program = build(target, two, proof("gesture", "digits"), tmp_path)
    assert run(target, program, 60) == 0
