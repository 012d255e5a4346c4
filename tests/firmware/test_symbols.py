"""Every global symbol says whose it is: firmware shares one namespace with the C library, cores and users' programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from toolkit import board as boards
from toolkit import resources

# By folder of firmware/: how a global symbol may begin.
PREFIXES = {
    "core": ("tinyml_",),
    "engine": ("engine_", "tflm_"),
    "kernels": ("aot_",),
    "ports": ("port_", "usb_", "cdc_", "cortexm_", "riscv_", "stack_", "host_"),
}
# Names that others look for: C, TFLM and newlib.
GIVEN = {"main", "DebugLog", "DebugVsnprintf", "__assert_func"}

ARM_NM = "arm-none-eabi-nm"

# What a project has of its own.
STUBS = {
    "usb_names.h": """
enum { USB_VENDOR_ID = 1, USB_PRODUCT_ID = 2, USB_TOUCH_VALUE = 3 };
#define USB_MANUFACTURER_NAME "nobody"
#define USB_PRODUCT_NAME "nothing"
""",
    "memory.h": "enum { PORT_RAM_BYTES = 16384 };",
    "model.h": """
#include <stdint.h>
#define MODEL_INPUTS 1u
#define MODEL_OUTPUTS 1u
#define MODEL_ENDS {4u, ENGINE_INT8, {0}}, {4u, ENGINE_INT8, {0}}
#define MODEL_ARENA_BYTES 8u
#define MODEL_LAYERS 1u
#define MODEL_SLOT_START 0x20000000u
#define MODEL_SLOT_BYTES 8192u
#define MODEL_SLOT_PAGE 4096u
#define MODEL_KERNELS 1u
#include "slots.h"
extern slot_kernel_t *const model_kernels[MODEL_KERNELS];
extern const slot_plan_t model_plan;
#define MODEL_ROW_BYTES 0u
uint8_t *model_input(uint8_t index);
void model_invoke(void);
void model_trace(void (*watch)(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole));
const uint8_t *model_output(uint8_t index);
""",
    "tflm_host.h": """
#define TFLM_HOST_INPUT_BYTES 4u
#define TFLM_HOST_OUTPUT_BYTES 4u
#define TFLM_HOST_ARENA_BYTES 8u
#define TFLM_HOST_LAYERS 1
#define TFLM_HOST_INPUTS 1
#define TFLM_HOST_OUTPUTS 1
#define TFLM_HOST_ENDS {4u, ENGINE_INT8, {0}}, {4u, ENGINE_INT8, {0}}
""",
}


def _globals(path: Path, folder: Path, compiler: list[str], nm: str) -> set[str]:
    firmware = resources.firmware()
    for name, text in STUBS.items():
        (folder / name).write_text(text)
    includes = [firmware / "core", firmware / "engine", firmware / "ports", firmware / "ports" / "cortexm"]
    includes += [firmware / "ports" / part for part in ("usb", "nrf_uart", "riscv")]
    includes += [path.parent, folder, *resources.kernel_folders()]
    out = folder / "object.o"
    argv = [*compiler, "-std=c99", "-O1", *(f"-I{each}" for each in includes), "-c", str(path), "-o", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([nm, "-g", "--defined-only", str(out)], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in listed.stdout.splitlines() if line.split()}


def test_global_symbols_start_with_their_owners_prefix(tmp_path: Path) -> None:
    arm = ["arm-none-eabi-gcc", *boards.load("mps2-an386").cpu.gcc_flags]
    riscv = ["riscv64-unknown-elf-gcc", "-march=rv32imc_zicsr", "-mabi=ilp32", "--specs=picolibc.specs"]
    strangers = []
    for path in sorted(resources.firmware().rglob("*.c")):
        place = path.relative_to(resources.firmware())
        of_host = place.parent == Path("ports/host")
        of_riscv = place.parts[0] == "ports" and place.parts[1] in ("riscv", "riscv_virt", "sifive_e")
        if of_riscv and shutil.which(riscv[0]) is None:
            continue
        tools = (["gcc"], "nm") if of_host else (riscv, riscv[0].replace("gcc", "nm")) if of_riscv else (arm, ARM_NM)
        found = _globals(path, tmp_path, *tools) - GIVEN
        strangers += [f"{place}: {name}" for name in found if not name.startswith(PREFIXES[place.parts[0]])]
    assert strangers == []
