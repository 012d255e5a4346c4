"""Stands in for arduino-cli: obeys its rules for sketches, and answers in its JSON.

`compile` does what the real one does to an AVR sketch, by the recipes of the installed core's platform.txt: the
sketch is copied to the build path, its main file becomes C++, src/ is compiled recursively, and the include path holds
the core and the variant and nothing of the sketch. What it leaves out: downloading, library discovery, generated
prototypes.

Only for tests. argv is noted in $FAKE_NOTES/<command>.json; $FAKE_FAIL makes it fail as the real one does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

CORE = Path("/usr/share/arduino/hardware/arduino/avr")
# What avr-gcc 5.4, which Debian has in place of the core's own 7.3, needs for WString.cpp.
OLD_COMPILER = "-DDECIMAL_DIG=__DECIMAL_DIG__"
said: list[str] = []


def properties(path: Path) -> dict[str, str]:
    """key=value lines."""
    lines = (line.partition("=") for line in path.read_text().splitlines() if not line.startswith("#"))
    return {key.strip(): value.strip() for key, separator, value in lines if separator}


def expand(text: str, known: dict[str, str]) -> str:
    """Replace {key} until nothing changes, as arduino-cli does; an unknown key becomes nothing."""
    for _ in range(10):
        text = re.sub(r"\{([\w.]+)\}", lambda found: known.get(found[1], ""), text)
    return text


def board_properties(fqbn: str) -> dict[str, str]:
    """Of platform.txt and boards.txt; the first processor of a board with several."""
    name = fqbn.split(":")[2]
    boards = properties(CORE / "boards.txt")
    known = properties(CORE / "platform.txt")
    prefix = f"{name}."
    own = {key.removeprefix(prefix): value for key, value in boards.items() if key.startswith(prefix)}
    cpus = [key for key in own if re.fullmatch(r"menu\.cpu\.\w+", key)]
    if cpus:
        own |= {key.removeprefix(f"{cpus[0]}."): value for key, value in own.items() if key.startswith(f"{cpus[0]}.")}
    return known | own | {"runtime.ide.version": "10607", "build.arch": "AVR", "build.source.path": ""}


def run(recipe: str, known: dict[str, str]) -> None:
    """One recipe; the compiler's words are kept as the real one keeps them."""
    done = subprocess.run(shlex.split(expand(recipe, known)), capture_output=True, text=True, check=False)
    said.append(done.stderr)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, recipe)


def build(sketch: Path, build_path: Path, known: dict[str, str]) -> None:
    """Compile and link."""
    name = f"{sketch.resolve().name}.ino"
    copy = build_path / "sketch"
    shutil.rmtree(build_path, ignore_errors=True)
    copy.mkdir(parents=True)
    (copy / f"{name}.cpp").write_text(f'#include <Arduino.h>\n#line 1 "{name}"\n' + (sketch / name).read_text())
    if (sketch / "src").is_dir():
        shutil.copytree(sketch / "src", copy / "src")
    core = CORE / "cores" / known["build.core"]
    variant = CORE / "variants" / known["build.variant"]
    known |= {"includes": f'"-I{core}" "-I{variant}"', "build.path": str(build_path), "build.project_name": name}
    objects: dict[str, list[Path]] = {"sketch": [], "core": []}
    for group, folder in (("sketch", copy), ("core", core)):
        for source in sorted(folder.rglob("*")):
            if source.suffix not in (".c", ".cpp", ".S"):
                continue
            target = build_path / group / f"{source.relative_to(folder)}.o"
            target.parent.mkdir(parents=True, exist_ok=True)
            files = {"source_file": str(source), "object_file": str(target)}
            run(known[f"recipe.{source.suffix[1:]}.o.pattern"], known | files)
            objects[group].append(target)
    known |= {"archive_file": "core.a", "archive_file_path": str(build_path / "core.a")}
    for target in objects["core"]:
        run(known["recipe.ar.pattern"], known | {"object_file": str(target)})
    known["object_files"] = " ".join(f'"{path}"' for path in objects["sketch"])
    for recipe in ("recipe.c.combine.pattern", "recipe.objcopy.eep.pattern", "recipe.objcopy.hex.pattern"):
        run(known[recipe], known)


def sections(known: dict[str, str]) -> list[dict[str, object]]:
    """`executable_sections_size`."""
    done = subprocess.run(
        shlex.split(expand(known["recipe.size.pattern"], known)), capture_output=True, text=True, check=True
    )
    return [
        {
            "name": name,
            "size": sum(int(size) for size in re.findall(known[pattern], done.stdout, re.MULTILINE)),
            "max_size": int(known[limit]),
        }
        for name, pattern, limit in (
            ("text", "recipe.size.regex", "upload.maximum_size"),
            ("data", "recipe.size.regex.data", "upload.maximum_data_size"),
        )
    ]


def compile_(arguments: list[str]) -> int:
    """arduino-cli compile."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", required=True)
    parser.add_argument("--profile", required=True)
    parser.add_argument("--build-property", action="append", default=[])
    parser.add_argument("--build-path", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("sketch", type=Path)
    asked = parser.parse_args(arguments)
    text = (asked.sketch / "sketch.yaml").read_text()
    profile = re.search(rf"^  {re.escape(asked.profile)}:\n    fqbn: (\S+)", text, re.MULTILINE)
    if profile is None:
        print(json.dumps({"error": f"Profile '{asked.profile}' not found"}), file=sys.stderr)
        return 1
    known = board_properties(profile[1])
    known |= dict(each.split("=", 1) for each in asked.build_property)
    known["build.extra_flags"] += f" {OLD_COMPILER}"
    answer: dict[str, object] = {
        "compiler_out": "",
        "compiler_err": "",
        "builder_result": {
            "build_path": str(asked.build_path.resolve()),
            "board_platform": {"id": ":".join(profile[1].split(":")[:2]), "version": "1.8.7"},
        },
        "upload_result": {},
        "success": True,
    }
    code = 0
    try:
        build(asked.sketch, asked.build_path.resolve(), known)
        result = sections(known)
        answer["builder_result"] |= {"executable_sections_size": result}  # type: ignore[operator]
        over = [each["name"] for each in result if each["size"] > each["max_size"]]  # type: ignore[operator]
        if over:
            answer |= {
                "success": False,
                "error": f"Error during build: {over[0]} section exceeds available space in board",
            }
            code = 1
        else:
            asked.output_dir.mkdir(exist_ok=True)
            for file in asked.build_path.glob("*.ino.*"):
                shutil.copy(file, asked.output_dir)
    except subprocess.CalledProcessError as caught:
        answer |= {"success": False, "error": f"Error during build: exit status {caught.returncode}"}
        code = 1
    answer["compiler_err"] = "".join(said)
    print(json.dumps(answer, indent=2))
    return code


def main() -> int:
    """Note the arguments, then act."""
    command, arguments = sys.argv[1], sys.argv[2:]
    notes = Path(os.environ["FAKE_NOTES"])
    (notes / f"{command}.json").write_text(json.dumps(sys.argv[1:]))
    if os.environ.get("FAKE_FAIL"):
        print(json.dumps({"error": os.environ["FAKE_FAIL"]}), file=sys.stderr)
        return 1
    if command == "version":
        print(
            json.dumps(
                {"Application": "arduino-cli", "VersionString": "1.3.1", "Commit": "x", "Status": "", "Date": ""}
            )
        )
        return 0
    return compile_(arguments)


if __name__ == "__main__":
    sys.exit(main())
