"""What passes between stages: frozen dataclasses, each with a JSON round trip on disk.

A stage never imports another stage; it reads and writes these.

    base.py          the round trip, and the enumerations that all share
    tensor.py        an input or output of a network
    model.py         a network, compiled and trained
    build.py         a firmware build and the device that runs it
    verification.py  device against host
    scoring.py       the outputs against the truth
    trace.py         layer by layer
    profile.py       what each layer costs
    strength.py      how many planted faults the inputs would have shown
    baseline.py      what is kept of a build and its verdict, for later
    cost.py          float32 against int8
    agreement.py     TensorFlow Lite Micro against LiteRT
    fleet.py         several boards in one run
    gate.py          a bound of the user's own, and whether it is kept
"""

from __future__ import annotations

from toolkit.artifacts.agreement import Agreement
from toolkit.artifacts.base import (
    OPTIMISATIONS,
    Artifact,
    DType,
    Runtime,
    from_jsonable,
    sha256_of,
    to_jsonable,
    write_atomically,
)
from toolkit.artifacts.baseline import Baseline
from toolkit.artifacts.build import Build, BuildSlots, LayerSize, RunningDevice, SizeReport
from toolkit.artifacts.cost import ConversionCost, LayerLoss
from toolkit.artifacts.fleet import BoardRow, Fleet
from toolkit.artifacts.gate import GateResult
from toolkit.artifacts.model import CompiledModel, FloatModel, LayerReport, ModelCard, ModelFile, PlannedBuffer, Score
from toolkit.artifacts.profile import LayerProfile, Profile, SharedKernel
from toolkit.artifacts.scoring import Curve, Details, Distribution, Worst
from toolkit.artifacts.strength import LayerStrength, Strength
from toolkit.artifacts.tensor import ElementType, TensorSpec
from toolkit.artifacts.trace import Bisection, FirstDifference, LayerTrace, Trace, TracePoint
from toolkit.artifacts.verification import (
    DeviceIdentity,
    DeviceShare,
    Histogram,
    InputResult,
    LinkStats,
    Pictures,
    SetResult,
    SetWords,
    Ticks,
    Verdict,
    Verification,
)

__all__ = [
    "OPTIMISATIONS",
    "Agreement",
    "Artifact",
    "Baseline",
    "Bisection",
    "BoardRow",
    "Build",
    "BuildSlots",
    "CompiledModel",
    "ConversionCost",
    "Curve",
    "DType",
    "Details",
    "DeviceIdentity",
    "DeviceShare",
    "Distribution",
    "ElementType",
    "FirstDifference",
    "Fleet",
    "FloatModel",
    "GateResult",
    "Histogram",
    "InputResult",
    "LayerLoss",
    "LayerProfile",
    "LayerReport",
    "LayerSize",
    "LayerStrength",
    "LayerTrace",
    "LinkStats",
    "ModelCard",
    "ModelFile",
    "Pictures",
    "PlannedBuffer",
    "Profile",
    "RunningDevice",
    "Runtime",
    "Score",
    "SetResult",
    "SetWords",
    "SharedKernel",
    "SizeReport",
    "Strength",
    "TensorSpec",
    "Ticks",
    "Trace",
    "TracePoint",
    "Verdict",
    "Verification",
    "Worst",
    "from_jsonable",
    "sha256_of",
    "to_jsonable",
    "write_atomically",
]
