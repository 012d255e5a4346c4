"""How data meet a network's input: their shape, what their elements stand for, and what of that was guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.data import scaling
from toolkit.data.loaders.base import Elements, Loaded
from toolkit.data.scaling import Normal, Scaling
from toolkit.data.tensor import Tensor, held_by, in_words, quantised
from toolkit.errors import DatasetError, ModelError

REAL = "real"
"""`--scale real`: numbers are real values, whatever the input's quantisation makes one suspect."""

_BYTES = (0.0, 255.0)
_OUTSIDE = 0.2
"""Of the elements: if more lie outside what the input can hold, the data are not scaled as the network's were."""
_NARROW = 0.02
"""Of what the input can hold: data that fill less are not scaled as the network's were."""


@dataclass(frozen=True)
class Met:
    """One input's data.

    Attributes:
        values: [N, *sample] in the tensor's own type; or uint8, which `scaling` makes real values of.
        scaling: see `values`.
        told: what the elements are taken for.
        remarks: what may be wrong with that.
    """

    values: Elements
    scaling: Scaling | None
    told: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def meet(loaded: Loaded, place: int, tensor: Tensor, asked: str | None, where: str, *, alone: bool) -> Met:
    """The data of one input as the network takes them.

    Elements of the tensor's own whole type pass as they are. uint8 elements, pictures and recordings stand for real
    values: as `asked`, or as the input's quantisation tells. All other numbers are real values, and are quantised by
    the tensor's own scale and zero point.

    Args:
        asked: `--scale`.
        alone: it is the network's one input, whose uint8 elements may stay so.

    Raises:
        DatasetError: another shape, a number that is none, or one that the tensor cannot hold.
        ModelError: the input's quantisation does not tell what an element stands for.
        UsageError: `asked` is no range.
    """
    values, told = _fitted(loaded.inputs[place], tensor, where)
    _finite(values, loaded, where)
    said = None if asked in (None, REAL) else scaling.parse(asked or "")
    own = values.dtype == tensor.numpy and values.dtype.kind in "iub"
    if own and said is None:
        return Met(values, None, (*told, f"{values.dtype} values as they are"))
    if tensor.numpy.kind != "f" and not tensor.scale:
        return Met(_whole(values, tensor, loaded, where), None, (*told, "whole numbers as they are"))
    span = loaded.span or (_BYTES if values.dtype == np.uint8 else None)
    if asked == REAL:
        span = None
    why = "as --scale says"
    if said is not None and span is None:
        span = _span_of(values, where)
        told.append(f"numbers from {span[0]:g} to {span[1]:g} scaled")
    if span is not None and said is None:
        said, why = _by_quantisation(span, tensor)
    if span is None and asked is None and _are_bytes(values, tensor):
        span, (said, why) = _BYTES, _by_quantisation(_BYTES, tensor)
    if said is None or span is None:
        remarks = () if asked == REAL else _suspect(values, tensor, where)
        return Met(_stored(values, tensor, where), None, (*told, "numbers as real values"), remarks)
    told.append(f"elements as {said}, {why}")
    if alone and values.dtype == np.uint8 and span == _BYTES:
        plain = said if isinstance(said, Scaling) else said.scaling()
        if plain is not None:
            return Met(values, plain, tuple(told))
    return Met(_stored(_real(values, span, said, where), tensor, where), None, tuple(told))


def _fitted(values: Elements, tensor: Tensor, where: str) -> tuple[Elements, list[str]]:
    """[N, *sample], if that is only another way to write the same: flat, or with or without axes of 1."""
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise DatasetError(f"{where} holds {values.dtype}, no numbers", "inputs are numbers")
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    has, takes = values.shape[1:], tensor.sample
    if has == takes:
        return values, []
    without = [tuple(size for size in shape if size != 1) for shape in (has, takes)]
    flat = int(np.prod(has)) == tensor.elements and min(len(each) for each in without) <= 1
    if without[0] == without[1] or flat:
        return values.reshape(len(values), *takes), [f"{in_words(has)} taken as {in_words(takes)}"]
    hint = "give the data the network's shape"
    if values.shape == takes:
        hint = "one sample needs an axis in front: x[None]"
    elif sorted(has) == sorted(takes):
        hint = "the axes are in another order (channels come last): np.moveaxis"
    raise DatasetError(f"{where}: a sample is {in_words(has)}, the network takes {in_words(takes)}", hint)


def _finite(values: Elements, loaded: Loaded, where: str) -> None:
    if values.dtype.kind != "f":
        return
    sound = np.isfinite(values)
    if not sound.all():
        index, *inside = (int(each) for each in np.argwhere(~sound)[0])
        at = f", element {', '.join(map(str, inside))}," if inside else ""
        what = values[(index, *inside)]
        raise DatasetError(f"{where}: {loaded.where(index)}{at} is {what}", "leave such samples out, or mend them")


def _whole(values: Elements, tensor: Tensor, loaded: Loaded, where: str) -> Elements:
    """Numbers for an input that is not quantised, such as indices of words."""
    limits = (0, 1) if tensor.numpy.kind == "b" else (np.iinfo(tensor.numpy).min, np.iinfo(tensor.numpy).max)
    flat = values.reshape(len(values), -1)
    wrong = np.argwhere((flat != np.rint(flat)) | (flat < limits[0]) | (flat > limits[1]))
    if len(wrong):
        index, place = (int(each) for each in wrong[0])
        raise DatasetError(
            f"{where}: {loaded.where(index)} has {flat[index, place]:g}, the network takes {tensor.numpy}",
            f"whole numbers from {limits[0]} to {limits[1]}",
        )
    return np.asarray(values, tensor.numpy)


def _by_quantisation(span: tuple[float, float], tensor: Tensor) -> tuple[Scaling, str]:
    """What the elements of pictures and recordings stand for where the user does not say."""
    tells = "as the input's quantisation tells"
    if span == _BYTES:
        found = scaling.at(tensor.numpy, tensor.scale, tensor.zero_point)
        return (scaling.UNIT, "the default for float32 (--scale says otherwise)") if found is None else (found, tells)
    holds = held_by(tensor)
    if holds is not None and holds[1] >= span[1] / 2:
        return Scaling(*span), tells
    try:
        found = scaling.at(tensor.numpy, tensor.scale, tensor.zero_point)
    except ModelError:
        found = None
    if found is not None and found.high - found.low <= 2:
        return found, tells
    return Scaling(-1.0, 1.0), "the default for recordings (--scale says otherwise)"


def _are_bytes(values: Elements, tensor: Tensor) -> bool:
    """Whether numbers are 0 to 255 where the input's quantisation spans another usual range, and not these."""
    holds = held_by(tensor)
    if (
        holds is None
        or values.min() < 0
        or not holds[1] < values.max() <= _BYTES[1]
        or (values != np.rint(values)).any()
    ):
        return False
    try:
        scaling.at(tensor.numpy, tensor.scale, tensor.zero_point)
    except ModelError:
        return False
    return True


def _span_of(values: Elements, where: str) -> tuple[float, float]:
    """The usual range that numbers lie in: of what `--scale` says the ends' real values."""
    low, high = float(values.min()), float(values.max())
    for least, most in ((0.0, 1.0), (-1.0, 1.0), _BYTES):
        if least <= low and high <= most:
            return least, most
    raise DatasetError(
        f"{where}: the numbers go from {low:g} to {high:g}, which tells no range that --scale could start from",
        "scale them yourself, and say --scale real",
    )


def _real(values: Elements, span: tuple[float, float], said: Scaling | Normal, where: str) -> Elements:
    """Elements of this span as the real values that are said."""
    if isinstance(said, Scaling):
        if span == _BYTES:
            return said.real(values)
        share = (values.astype(np.float64) - span[0]) / (span[1] - span[0])
        return np.asarray(share * (said.high - said.low) + said.low)
    channels = len(said.mean)
    if channels > 1 and values.shape[-1] != channels:
        raise DatasetError(
            f"{where}: --scale {said} is for {channels} channels, the data have {values.shape[-1]}", "one for each"
        )
    return said.real(values.astype(np.float64) / (1.0 if said.of_elements else span[1]))


def _suspect(values: Elements, tensor: Tensor, where: str) -> tuple[str, ...]:
    """A remark where real values do not fill, or overflow, what the input can hold.

    Raises:
        DatasetError: by so much that they cannot be meant so.
    """
    holds = held_by(tensor)
    if holds is None:
        return ()
    low, high = float(values.min()), float(values.max())
    spans = f"the network's input holds {holds[0]:.4g} to {holds[1]:.4g}"
    goes = f"{where}: the numbers go from {low:.4g} to {high:.4g}, {spans}"
    outside = float(np.mean((values < holds[0] - tensor.scale) | (values > holds[1] + tensor.scale)))
    reach = max(high, 0.0) - min(low, 0.0)
    if outside > _OUTSIDE or 0.0 < reach < _NARROW * (holds[1] - holds[0]):
        raise DatasetError(
            goes, "say what they stand for: --scale 0..1, -1..1, 0..255; or --scale real if they are right as they are"
        )
    if outside:
        return (f"{goes}; {outside:.1%} of them are clipped",)
    # As divided by 255 for a network that was trained on -1..1.
    half = low == 0.0 and high in (1.0, _BYTES[1]) and holds[0] < -0.4 * high
    return (f"{goes}; --scale {holds[0]:.1f}..{holds[1]:.1f} spreads them over all of it",) if half else ()


def _stored(values: Elements, tensor: Tensor, where: str) -> Elements:
    """Real values in the tensor's type.

    Raises:
        DatasetError: one is beyond single precision.
    """
    with np.errstate(over="ignore"):
        real = np.asarray(values, np.float32)
    if not np.isfinite(real).all():
        raise DatasetError(f"{where} holds numbers beyond single precision", "scale them first")
    return quantised(real, tensor)
