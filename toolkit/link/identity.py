"""Is the device the one that is meant? All that it says of itself in HELLO, held against the build."""

from __future__ import annotations

from toolkit.artifacts import Build, DType
from toolkit.errors import StaleFirmwareError
from toolkit.link.messages import ElementType, Hello

_ELEMENTS = {DType.INT8: ElementType.INT8, DType.FLOAT32: ElementType.FLOAT32}


def check_identity(hello: Hello, build: Build) -> None:
    """Refuse a device that does not run this very build: model, build id, board, runtime, type and sizes.

    The hashes say whose image it is; all else must then follow, or the image is not what it says.

    Raises:
        StaleFirmwareError: the first of them that differs.
    """
    cure = f"put the newest build on it: tinyml flash --board {build.board}"
    if hello.model_sha256 != build.model_sha256:
        have, want = hello.model_sha256[:12], build.model_sha256[:12]
        raise StaleFirmwareError(f"the device runs another model ({have}..., not {want}...)", cure)
    if hello.build_id != build.build_id:
        raise StaleFirmwareError(f"the device runs another build ({hello.build_id}, not {build.build_id})", cure)
    for what, have, want in (
        ("board", hello.board, build.board),
        ("runtime", hello.runtime, str(build.runtime)),
        ("element type", hello.dtype.name.lower(), _ELEMENTS[build.dtype].name.lower()),
    ):
        if have != want:
            raise StaleFirmwareError(f"the device says that its {what} is {have}, not {want}", cure)
    if build.inputs and build.outputs:
        given, taken = (sum(spec.size_bytes for spec in specs) for specs in (build.inputs, build.outputs))
        check_sizes(hello, given, taken, cure)


def check_sizes(hello: Hello, input_bytes: int, output_bytes: int, cure: str) -> None:
    """Refuse a device whose tensors are of other sizes.

    Raises:
        StaleFirmwareError: one is.
    """
    for what, have, want in (
        ("input", hello.input_bytes, input_bytes),
        ("output", hello.output_bytes, output_bytes),
    ):
        if have != want:
            raise StaleFirmwareError(f"the device says that its {what} has {have:,} bytes, not {want:,}", cure)
