"""A build with one byte of one layer's constants changed in its image, as damaged flash has it: for tests and by hand.

    python -m tests.e2e.planted mps2-an386 proposed [cnn2-3-3-4 ...]

plants one in each layer in turn, on the board or its emulator, and tells which layer `tinyml bisect` names.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from elftools.elf.elffile import ELFFile

from toolkit import api, closely
from toolkit.artifacts import Build, sha256_of
from toolkit.selection import Selection

WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
OBJCOPY = {"EM_ARM": "arm-none-eabi-objcopy", "EM_AVR": "avr-objcopy"}


def weights_of(build: Build) -> dict[int, str]:
    """Layer -> the name of the array that has its weights, of those that have any."""
    assert build.elf is not None
    with build.elf.open("rb") as stream:
        symbols = ELFFile(stream).get_section_by_name(".symtab")
        sizes = {
            symbol.name: symbol["st_size"]
            for symbol in symbols.iter_symbols()
            if symbol["st_info"]["type"] == "STT_OBJECT"
        }
    found = {}
    for layer, point in enumerate(build.points):
        mine = [name for name in sizes if name.startswith(f"layer{layer}_")]
        named = [name for name in mine if "weights" in name]
        if named or (mine and WEIGHTED.intersection(point.operators)):
            channels = [name for name in mine if "channels" in name]
            found[layer] = (named or channels or sorted(mine, key=sizes.__getitem__, reverse=True))[0]
    return found


def planted(build: Build, constant: str, at: int, mask: int = 0x40) -> Build:
    """The same build with one byte of a constant changed in its image; its ELF stays what was linked."""
    assert build.elf is not None
    folder = Path(tempfile.mkdtemp(dir=build.project))
    sound = Path(shutil.copy2(build.elf, folder / "sound.elf"))
    damaged = Path(shutil.copy2(build.elf, folder / build.elf.name))
    with sound.open("rb") as stream:
        image = ELFFile(stream)
        machine = image["e_machine"]
        (symbol,) = image.get_section_by_name(".symtab").get_symbol_by_name(constant)
        section = image.get_section(symbol["st_shndx"])
        place = section["sh_offset"] + symbol["st_value"] - section["sh_addr"] + at % symbol["st_size"]
    data = bytearray(damaged.read_bytes())
    data[place] ^= mask
    damaged.write_bytes(data)
    if build.image.suffix in (".bin", ".hex"):
        kind = {".bin": "binary", ".hex": "ihex"}[build.image.suffix]
        made = folder / build.image.name
        subprocess.run([OBJCOPY[machine], "-O", kind, "-R", ".eeprom", damaged, made], check=True, timeout=60)
        damaged = made
    return dataclasses.replace(build, image=damaged, image_sha256=sha256_of(damaged.read_bytes()), elf=sound).sealed()


def main(board: str, models: list[str]) -> int:
    """Plant in each layer of each network in turn; 1 if a layer was named wrong."""
    wrong = 0
    for model in models:
        with tempfile.TemporaryDirectory() as own:
            workspace = Path(own)
            build = api.build(board, model, workspace=workspace)
            target = api.board(board, workspace)
            for layer, constant in weights_of(build).items():
                bad = planted(build, constant, 5)
                place = next(workspace.glob("build/*/*/build.json"))
                bad.save(place)
                with api.flash(bad, virtual=not target.emulated, workspace=workspace) as device:
                    started = time.monotonic()
                    found = closely.bisect(port=device.port, selection=Selection(limit=20), workspace=workspace)
                    seconds = time.monotonic() - started
                first = found.first_difference
                named = first.layer if first else "none"
                wrong += named != f"layer {layer}"
                print(f"{board} {model} {constant}: {named} in {seconds:.1f} s; {first.cause if first else ''}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
