"""The verification as `verify --json` and `run --json` print it."""

from __future__ import annotations

from typing import Any

from toolkit.artifacts import Verification, to_jsonable


def to_json(verification: Verification) -> dict[str, Any]:
    """The verification as plain JSON values, without its pictures and its seal.

    Others may rely on: images, answered, bit_exact, resent, proven, verdict ("proven", "differs", "weak", "undecided"),
    inputs (what was sent, in words), distinct_outputs, accuracy.{mnist,external}.{correct,total,ci95},
    ticks.{unit,median,max,resolution}, seconds, device.{board,runtime,model_sha256,build_id}. `ticks` is null for a
    device without a clock, and a set that was not asked for is missing from `accuracy`. All other fields are those of
    `Verification`; the pictures and the seal stay in verification.json, from which the report can be made again.
    """
    values: dict[str, Any] = to_jsonable(verification) | {"proven": verification.proven}
    del values["pictures"], values["record_sha256"]
    return values
