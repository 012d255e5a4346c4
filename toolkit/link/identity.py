"""Is the device the one that is meant? All that it says of itself in HELLO, held against the build."""

from __future__ import annotations

from toolkit.artifacts import Build, TensorSpec
from toolkit.errors import StaleFirmwareError
from toolkit.link.messages import ElementCode, End, Hello


def check_identity(hello: Hello, build: Build) -> None:
    """Refuse a device that does not run this very build: model, build id, board, runtime, types and sizes.

    The hashes say whose image it is; all else must then follow, or the image is not what it says.

    Raises:
        StaleFirmwareError: the first of them that differs.
    """
    cure = _cure(build)
    if hello.model_sha256 != build.model_sha256:
        have, want = hello.model_sha256[:12], build.model_sha256[:12]
        raise StaleFirmwareError(f"the device runs another model ({have}..., not {want}...)", cure)
    check_firmware(hello, build)
    for what, ends, specs in (("input", hello.inputs, build.inputs), ("output", hello.outputs, build.outputs)):
        if specs:
            _check_ends(what, ends, specs, cure)


def _cure(build: Build) -> str:
    return f"put the newest build on it: tinyml flash --board {build.board}"


def check_firmware(hello: Hello, build: Build) -> None:
    """Refuse a device with another firmware, whichever network that runs.

    Raises:
        StaleFirmwareError: the first that differs of build id, board and runtime.
    """
    cure = _cure(build)
    if hello.build_id != build.build_id:
        raise StaleFirmwareError(f"the device runs another build ({hello.build_id}, not {build.build_id})", cure)
    for what, have, want in (
        ("board", hello.board, build.board),
        ("runtime", hello.runtime, str(build.runtime)),
    ):
        if have != want:
            raise StaleFirmwareError(f"the device says that its {what} is {have}, not {want}", cure)


def _check_ends(what: str, ends: tuple[End, ...], specs: tuple[TensorSpec, ...], cure: str) -> None:
    if len(ends) != len(specs):
        raise StaleFirmwareError(f"the device says that it has {len(ends)} {what}s, not {len(specs)}", cure)
    for place, (end, spec) in enumerate(zip(ends, specs, strict=True)):
        due = End(spec.size_bytes, ElementCode[spec.dtype.name])
        if end != due:
            which = f"{what} {place}" if len(ends) > 1 else what
            raise StaleFirmwareError(f"the device says that its {which} has {end}, not {due}", cure)


def check_sizes(hello: Hello, input_bytes: int, output_bytes: int, cure: str) -> None:
    """Refuse a device whose inputs or outputs, all together, are of other sizes.

    Raises:
        StaleFirmwareError: they are.
    """
    for what, have, want in (
        ("input", hello.input_bytes, input_bytes),
        ("output", hello.output_bytes, output_bytes),
    ):
        if have != want:
            raise StaleFirmwareError(f"the device says that its {what} has {have:,} bytes, not {want:,}", cure)
