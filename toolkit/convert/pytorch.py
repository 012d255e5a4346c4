"""Programs of torch.export (`.pt2`), by litert-torch; to int8 by ai-edge-quantizer, which comes with it."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

from toolkit.artifacts import DType
from toolkit.convert import lite
from toolkit.convert.lite import Arrays
from toolkit.convert.network import Network, fixed
from toolkit.errors import ModelError, ToolError, TrainError
from toolkit.quiet_tensorflow import quiet
from toolkit.tflite.slim import slim

PACKAGES = ("litert-torch", "torch")

_INSIDE = ("/models/model.json", "serialized_exported_program.json")
"""Of this year's archives, and of those before."""


def suits(path: Path) -> bool:
    """By what is in the archive."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(_INSIDE) for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError):
        return False


def load(path: Path) -> Network:
    """The program, with the example inputs that it was exported with.

    Raises:
        ModelError: it is damaged, or was not exported with an example of one sample.
        ToolError: litert-torch is not installed.
    """
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import litert_torch  # noqa: F401 - nothing is worth loading without it
            import torch
    except ImportError as caught:
        raise ToolError(
            f"a program of PyTorch is converted by litert-torch, which is not installed ({caught.name})",
            "pip install 'tinyml-toolkit[torch]'",
        ) from caught
    try:
        with quiet():
            program = torch.export.load(str(path))
    except Exception as caught:  # whatever is in a file of the user's
        raise ModelError(f"{path.name} cannot be loaded: {lite.reason(caught)}", "torch.export.save it again") from None
    given, named = program.example_inputs or ((), {})
    if named or not given or not all(isinstance(each, torch.Tensor) for each in given):
        raise ModelError(f"{path.name} takes something else than tensors, one after the other", "export such a module")
    for place, each in enumerate(given):
        fixed(tuple(each.shape), path.name, str(place))

    def make(dtype: DType, calibration: Arrays, _: bool) -> bytes:
        try:
            with quiet(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                float32 = _float32(program, given)
                return slim(_int8(float32, calibration)) if dtype is DType.INT8 else float32
        except Exception as caught:  # two converters, and what they call
            raise TrainError(
                f"{path.name} cannot be converted to {dtype}: {lite.reason(caught)}", lite.other_type(dtype)
            ) from caught

    return Network(make)


def _float32(program: Any, given: tuple[Any, ...]) -> bytes:
    import litert_torch

    with tempfile.TemporaryDirectory(prefix="tinyml-torch-") as place:
        file = Path(place) / "net.tflite"
        litert_torch.convert(program.module(), given).export(str(file))
        return file.read_bytes()


def _int8(float32: bytes, calibration: Arrays) -> bytes:
    from ai_edge_litert.interpreter import Interpreter
    from ai_edge_quantizer import calibrator, quantizer, recipe
    from ai_edge_quantizer.utils import qsv_utils

    signatures = Interpreter(model_content=float32).get_signature_list()
    key = next(iter(signatures))
    names = signatures[key]["inputs"]
    samples = [
        {name: values[None] for name, values in zip(names, sample, strict=True)}
        for sample in zip(*calibration, strict=True)
    ]
    asked = quantizer.Quantizer(float32)
    asked.load_quantization_recipe(recipe.static_wi8_ai8())
    # Its own default is a moving average of the ranges, which cuts the extremes off: 2.5 % of the elements of normal
    # noise at the input. As TensorFlow's converter has it, a range holds all samples.
    ranges = calibrator.Calibrator(float32, qsv_update_func=qsv_utils.min_max_update)
    ranges.calibrate({key: samples}, asked._recipe_manager)
    return bytes(asked.quantize(ranges.get_model_qsvs()).quantized_model)
