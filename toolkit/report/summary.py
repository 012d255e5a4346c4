"""The verification as `verify --json` and `run --json` print it."""

from __future__ import annotations

from typing import Any

from toolkit.artifacts import Verification, to_jsonable


def to_json(verification: Verification) -> dict[str, Any]:
    """The verification as plain JSON values, without its pictures and its seal.

    Others may rely on: images, answered, bit_exact, resent, proven, verdict ("proven", "differs", "weak", "undecided"),
    inputs (what was sent, in words), distinct_outputs, accuracy.{mnist,external}.{correct,total,ci95},
    gates[].{name,bound,at_least,value,met,why_not}, ticks.{unit,median,max,resolution}, seconds,
    device.{board,runtime,model_sha256,build_id}. `ticks` is null for a device without a clock, and a set that was not
    asked for is missing from `accuracy`. `images` counts inputs of any kind, and `external` are those that are shown
    one by one. All other fields are those of `Verification`; the pictures and the seal stay in verification.json, from
    which the report can be made again.
    """
    values: dict[str, Any] = to_jsonable(verification) | {"proven": verification.proven}
    values["images"] = values.pop("asked")
    values["images_per_second"] = values.pop("inputs_per_second")
    del values["pictures"], values["sets"], values["record_sha256"]
    return values | {
        "accuracy": to_jsonable(verification.accuracy),
        "external": to_jsonable(verification.singly),
        "confusion": {each.name: to_jsonable(each.confusion) for each in verification.sets if each.confusion},
    }
