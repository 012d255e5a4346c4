"""The verification as `verify --json` and `run --json` print it."""

from __future__ import annotations

import dataclasses
from typing import Any

from toolkit.artifacts import SetResult, Verification, to_jsonable
from toolkit.data import metrics


def to_json(verification: Verification) -> dict[str, Any]:
    """The verification as plain JSON values, without its pictures and its seal.

    Others may rely on: images, answered, bit_exact, resent, proven, verdict ("proven", "differs", "weak", "undecided"),
    inputs (what was sent, in words), distinct_outputs, strength.{planted,seen,unseen_layers} (null where an output
    differs; planted is 0 where it was not measured, and `missing` says why), accuracy.{set}.{correct,total,ci95},
    scores.{set}.{metric}, conversion.scores.{set}.{float_host,int8_host,int8_device}.{metric}, conversion.worst,
    conversion.layers[].{name,tensor,partner,snr_db,added} (null where no float32 network is known),
    gates[].{name,bound,at_least,value,met,why_not}, per_class.{set}.{class}.{support,precision,recall,f1},
    ticks.{unit,median,max,resolution}, seconds,
    device.{board,runtime,model_sha256,build_id}. `ticks` is null for a device without a clock; a set without a truth is
    missing from `accuracy` and `scores`; precision is null for a class that was never named. `images` counts inputs
    of any kind, and `external` are those that are shown one by one. All other fields are those of `Verification`; the
    pictures and the seal stay in verification.json, from which the report can be made again.
    """
    values: dict[str, Any] = to_jsonable(verification) | {"proven": verification.proven}
    values["images"] = values.pop("asked")
    values["images_per_second"] = values.pop("inputs_per_second")
    del values["pictures"], values["sets"], values["record_sha256"]
    return values | {
        "accuracy": to_jsonable(verification.accuracy),
        "scores": {each.name: dict(each.scores) for each in verification.sets if each.scores},
        "per_class": {each.name: _per_class(each) for each in verification.sets if each.confusion},
        "external": to_jsonable(verification.singly),
        "confusion": {each.name: to_jsonable(each.confusion) for each in verification.sets if each.confusion},
    }


def _per_class(of: SetResult) -> dict[str, Any]:
    found = metrics.per_class(of.confusion)
    return {of.class_name(number): dataclasses.asdict(each) for number, each in enumerate(found)}
