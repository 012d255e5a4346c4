"""Generates a self-contained firmware project: sources copied, glue rendered, nothing left outside the folder.

    <out>/
      Makefile, README.md        rendered from templates/common, templates/<framework>, and templates/<builder> of each
                                 builder that the board has for this framework
      model/<name>.tflite        what the device must equal
      src/core engine kernels model port [cortexm] [riscv] [usb]: start-up, and what ports share

An Arduino sketch is laid out as the Arduino tools want it: its main file has the folder's name, and the sources lie
flat in src/, because a sketch's folders are no include paths.

The folder is made whole beside its place and then moved there, so a full disk leaves the former project as it was.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import jinja2

from toolkit import __version__, files, registry, resources, toml
from toolkit.artifacts import ModelFile, Runtime, sha256_of
from toolkit.board import Board, Toolchain
from toolkit.errors import ProjectError
from toolkit.toml import Module, Table

MARKER = ".tinyml-project"
SOURCE_SUFFIXES = (".c", ".h", ".cc", ".cpp", ".S", ".ld", ".inc")


@dataclass(frozen=True)
class EngineFiles:
    """What computes the network, ready to be copied.

    Attributes:
        engine: file names in firmware/engine.
        kernels: file names in firmware/kernels.
        generated: file name -> text, written to src/model.
        parts: folders of firmware/ports beside the port's own.
        slots: networks come over the link.
    """

    engine: tuple[str, ...]
    kernels: tuple[str, ...]
    generated: Mapping[str, str]
    parts: tuple[str, ...] = ()
    slots: bool = False


@dataclass(frozen=True)
class Project:
    """A generated project folder.

    Attributes:
        path: the folder.
        build_id: 16 hex digits over every file, option and tool version; after `seal`, over the image as well.
        named: the files that hold the build id, relative to the folder.
    """

    path: Path
    build_id: str
    named: tuple[str, ...] = ()


class Port(Table, frozen=True, kw_only=True):
    """`port.toml` of a port's folder, which it has if it shares sources: parts are other folders of firmware/ports."""

    parts: tuple[Module, ...] = ()


def parts_of(port: str) -> tuple[str, ...]:
    """The folders of firmware/ports that a port shares with others.

    Raises:
        ProjectError: its port.toml is wrong.
    """
    path = resources.firmware() / "ports" / port / "port.toml"
    if not path.is_file():
        return ()
    return toml.convert(toml.read(path, ProjectError), Port, f"{port}/{path.name}", error=ProjectError).parts


def _one_line(value: object) -> object:
    """A value as it may stand in C, make and their comments: no line break that ends a comment, no backslash before
    one, nothing that is no character."""
    if not isinstance(value, str):
        return value
    return "".join(sign if sign.isprintable() and sign != "\\" else "?" for sign in value)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        finalize=_one_line,
        loader=jinja2.FileSystemLoader(resources.templates()),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - C and make, not HTML
    )


def _copied(board: Board, toolchain: Toolchain, files: EngineFiles) -> dict[str, bytes]:
    """Path in the project -> content, of everything copied from firmware/."""
    firmware = resources.firmware()
    chosen = [(firmware / "engine" / name, "src/engine") for name in ("engine.h", *files.engine)]
    chosen += [(resources.kernels()[name], "src/kernels") for name in files.kernels]
    chosen += [(path, "src/port") for path in sorted((firmware / "ports").glob("*.h"))]
    folders = [(firmware / "core", "src/core"), (firmware / "ports" / toolchain.port, "src/port")]
    folders += [(firmware / "ports" / part, f"src/{part}") for part in (*parts_of(toolchain.port), *files.parts)]
    start_up = registry.load(registry.ISAS, board.cpu.isa).ISA.start_up
    if toolchain.framework.startswith("bare") and start_up is not None:
        folders.append((firmware / "ports" / start_up, f"src/{start_up}"))
    for folder, place in folders:
        if not folder.is_dir():
            raise ProjectError(f"firmware/{folder.relative_to(firmware)} is missing", "reinstall tinyml-toolkit")
        chosen += [(path, place) for path in sorted(folder.iterdir()) if path.suffix in SOURCE_SUFFIXES]
    return {f"{place}/{path.name}": path.read_bytes() for path, place in chosen}


def port_files(board: Board, toolchain: Toolchain) -> dict[str, bytes]:
    """Path in the project -> content, of what a port takes from the board file: its memories, its USB ids.

    Raises:
        ProjectError: the port shows a USB id, and the board file has none.
    """
    values = {"board": board, "version": __version__}
    environment = _environment()
    texts: dict[str, bytes] = {}
    shared = (f"ports/{part}/src/port" for part in (toolchain.port, *parts_of(toolchain.port)))
    for folder in (f"{toolchain.framework}/src/port", *shared):
        for path in sorted((resources.templates() / folder).glob("*.j2")):
            name = path.relative_to(resources.templates()).as_posix()
            try:
                text = environment.get_template(name).render(values)
            except jinja2.UndefinedError as caught:
                raise ProjectError(
                    f"{board.path.name} lacks what {name} needs: {caught}", "see boards/nano33.toml"
                ) from caught
            texts[f"src/port/{path.stem}"] = text.encode()
    return texts


def _rendered(board: Board, toolchain: Toolchain, values: Mapping[str, object]) -> dict[str, bytes]:
    """Path in the project -> content, of every template.

    Each builder that the board has for this framework gives its own files, rendered with its own entry of the board
    file: a sketch can be built by any Arduino tool, whichever was asked for.
    """
    environment = _environment()
    folders = [("common", toolchain), (toolchain.framework, toolchain)]
    folders += [(other.builder, other) for other in board.toolchain if other.framework == toolchain.framework]
    texts: dict[str, bytes] = {}
    for folder, entry in folders:
        for path in sorted((resources.templates() / folder).rglob("*.j2")):
            name = PurePosixPath(path.relative_to(resources.templates()).as_posix())
            place = PurePosixPath(*name.parts[1:]).with_suffix("").as_posix()
            if name.parts[1:3] != ("src", "port"):
                texts[place] = environment.get_template(str(name)).render(**values, toolchain=entry).encode()
    return texts | port_files(board, toolchain)


def _place_in_sketch(place: str, name: str) -> str | None:
    """Where the Arduino tools look for a file of ours; None for main.c, as the Arduino core has its own main()."""
    path = PurePosixPath(place)
    if path.suffix == ".ino":
        return f"{name}.ino"
    if path.parts[0] != "src":
        return place
    if path.name == "main.c":
        return None
    return f"src/{path.stem}.cpp" if path.suffix == ".cc" else f"src/{path.name}"  # older tools compile no .cc


def _as_sketch(contents: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    """The same files, laid out as an Arduino sketch.

    Raises:
        ProjectError: two sources have one name.
    """
    moved: dict[str, bytes] = {}
    for place, content in contents.items():
        target = _place_in_sketch(place, name)
        if target in moved:
            raise ProjectError(f"two sources of the sketch are named {target}", "rename one of them")
        if target is not None:
            moved[target] = content
    return moved


def _c_bytes(in_hex: str) -> str:
    return ", ".join(f"0x{in_hex[at : at + 2]}" for at in range(0, len(in_hex), 2))


def generate(
    *,
    board: Board,
    toolchain: Toolchain,
    runtime: Runtime,
    model: ModelFile,
    files: EngineFiles,
    optimise: str,
    tool_version: str,
    out: Path,
    strict: bool = True,
) -> Project:
    """Write the project folder for one board and model.

    Args:
        optimise: GCC's option, such as "-O3".
        tool_version: what the compiler says of itself; part of the build id.
        out: the folder to (re)make; it must be empty, missing, or a project of ours.
        strict: a warning of the compiler is an error.

    Raises:
        ProjectError: `out` holds something else, or it cannot be written.
    """
    tflite = model.read()
    values: dict[str, object] = {
        "board": board,
        "cpu": board.cpu,
        "runtime": str(runtime),
        "model": model,
        "optimise": optimise,
        "strict": strict,
        "slots": files.slots,
        "version": __version__,
        "model_sha256_bytes": _c_bytes(model.sha256),
    }
    copied = _copied(board, toolchain, files)
    copied |= {f"src/model/{name}": text.encode() for name, text in files.generated.items()}
    copied[f"model/{model.name}.tflite"] = tflite

    def contents(build_id: str) -> dict[str, bytes]:
        named = {"build_id": build_id, "build_id_bytes": _c_bytes(build_id)}
        everything = copied | _rendered(board, toolchain, values | named)
        return _as_sketch(everything, out.resolve().name) if toolchain.framework == "arduino" else everything

    # The build id names everything that decides what the image does. It is itself rendered into the image, so the
    # files are hashed with the place of the id still empty; `seal` adds the image.
    digest = hashlib.sha256()
    unnamed = contents("")
    for place, content in sorted(unnamed.items()):
        digest.update(f"{place}\0{len(content)}\0".encode())
        digest.update(content)
    digest.update(tool_version.encode())
    build_id = digest.hexdigest()[:16]
    whole = contents(build_id)
    _replace_folder(out, whole)
    return Project(out, build_id, tuple(place for place, content in whole.items() if content != unnamed[place]))


def seal(project: Project, image: bytes) -> Project:
    """Give the project a build id that covers what was linked too; it must then be built once more.

    A compiler may be a wrapper, its C library another one, a core patched: whatever is not in the sources shows in the
    image, so two images never have one build id.

    Args:
        image: as it was built with the project's present build id.

    Raises:
        ProjectError: the folder cannot be written.
    """
    build_id = hashlib.sha256(f"{project.build_id} {sha256_of(image)}".encode()).hexdigest()[:16]
    try:
        for place in project.named:
            path = project.path / place
            text = path.read_text(encoding="utf-8")
            for form in (str, _c_bytes):
                text = text.replace(form(project.build_id), form(build_id))
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as caught:
        raise _cannot_write(project.path, caught) from caught
    return replace(project, build_id=build_id)


def _cannot_write(out: Path, caught: OSError) -> ProjectError:
    return ProjectError(f"cannot write {out}: {caught.strerror}", "free some space, or check the permissions")


def _replace_folder(out: Path, contents: Mapping[str, bytes]) -> None:
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARKER).exists())):
        raise ProjectError(f"{out} exists and was not made by tinyml", "move it away, or choose another workspace")
    partial = out.with_name(f".{out.name}.partial")
    try:
        if partial.is_symlink() or partial.is_file():
            partial.unlink()
        shutil.rmtree(partial, ignore_errors=True)
        for place, content in contents.items():
            path = partial / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (partial / MARKER).write_bytes(b"Generated by tinyml, and overwritten by the next build.\n")
        shutil.rmtree(out, ignore_errors=True)
        files.replace(partial, out)
    except OSError as caught:
        shutil.rmtree(partial, ignore_errors=True)
        raise _cannot_write(out, caught) from caught
