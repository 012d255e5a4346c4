"""What CMSIS-NN's kernels ask of the arena beyond the reference kernels that the host's interpreter counts.

Read in CMSIS-NN 4ab83cc, the version that TFLM of 2026-08-20 takes: the functions `arm_*_get_buffer_size*` in
Source/*/arm_*_get_buffer_sizes_*.c, and who calls them: TFLM's micro/kernels/cmsis_nn. Where a kernel chooses between
ways by what the compiler is (armclang asks for 1x1 convolutions, GCC does not) or by what an older version did, the
larger is taken: everything here is an upper bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_CHANNELS_AT_ONCE = 124  # CH_IN_BLOCK_MVE, arm_nnsupportfunctions.h
_INT16, _INT32, _INT64 = 2, 4, 8
_LSTM_PARAMETERS = 220  # sizeof(cmsis_nn_lstm_params), 32-bit; tests compile it
_LSTM_SUMS = 8  # arrays of one value a hidden unit: four gates, of the input and of the hidden state
_REVERSED_ABOVE = 16  # REVERSE_TCOL_EFFICIENT_THRESHOLD

RECORD = 16
"""An optimised kernel wraps the reference kernel's data in a structure that has an index or two more."""


@dataclass(frozen=True)
class Tensor:
    """Shape and size of an element in bytes."""

    shape: tuple[int, ...]
    element: int


@dataclass(frozen=True)
class Operator:
    """One operator: its name in the schema, and its tensors; None for an input that is left out."""

    name: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]

    def input(self, place: int) -> Tensor | None:
        """The input at this place, None where there is none."""
        return self.inputs[place] if place < len(self.inputs) else None


@dataclass(frozen=True)
class Demand:
    """Bytes that one operator's kernel may ask.

    Attributes:
        scratch: of each scratch buffer, alive while the operator runs.
        sums: of the sums over its weights. A library optimised for speed computes them once and keeps them in the
            arena's tail, where those of all operators add up; one optimised for size has them in a scratch buffer.
        lasting: what is kept in the tail in either.
    """

    scratch: tuple[int, ...] = ()
    sums: int = 0
    lasting: int = RECORD


def demand(operator: Operator, *, vector: bool) -> Demand:
    """What the kernel of one operator may ask.

    Args:
        operator: its tensors.
        vector: the library was built for a core with MVE ("Helium"); otherwise for one with or without DSP
            instructions.
    """
    if not operator.outputs or operator.outputs[0].element > _INT16:
        return Demand()  # of float32 and int32 the reference kernels are used, and counted on the host
    if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"):
        return _convolution(operator, vector)
    if operator.name == "FULLY_CONNECTED":
        return _dense(operator, vector)
    if operator.name == "AVERAGE_POOL_2D":
        # arm_avgpool_s8_get_buffer_size_dsp: ch_src * sizeof(int32_t); _mve: 0.
        return Demand(scratch=(0 if vector else _INT32 * operator.outputs[0].shape[-1],))
    if operator.name == "BATCH_MATMUL":
        # arm_fully_connected_s8_get_buffer_size of the output's shape: _mve: c * sizeof(int32_t); _dsp: 0.
        return Demand(scratch=(_INT32 * operator.outputs[0].shape[-1] if vector else 0,))
    if operator.name == "SVDF":
        # arm_svdf_s8_get_buffer_size_mve: filters * sizeof(int32_t); _dsp: 0. The weights are [filters, inputs].
        return Demand(sums=_INT32 * _rows(operator.input(1)) if vector else 0)
    if operator.name == "UNIDIRECTIONAL_SEQUENCE_LSTM":
        return _lstm(operator)
    return Demand()


def _convolution(operator: Operator, vector: bool) -> Demand:
    # A transposed one has the output's shape first, then the weights, then its input.
    transposed = operator.name == "TRANSPOSE_CONV"
    source, weights, sink = operator.input(2 if transposed else 0), operator.input(1), operator.outputs[0]
    if source is None or weights is None or not len(source.shape) == len(weights.shape) == len(sink.shape) == 4:
        return Demand()
    if transposed:
        return Demand(scratch=_transposed(source, weights, sink, vector))
    if operator.name == "DEPTHWISE_CONV_2D":
        return Demand(scratch=(_depthwise(source, weights, sink, vector),))
    _, height, width, channels = weights.shape
    return Demand(scratch=(_columns(height * width * channels, source.element, vector),))


def _columns(length: int, element: int, vector: bool) -> int:
    """The columns of im2col.

    arm_convolve_s8_get_buffer_size: two of them in int16, each rounded up to 4 elements. _mve: four in the input's
    own type, each rounded up to a vector of 16 bytes: at least as much as arm_convolve_1_x_n_s8_get_buffer_size_mve.
    """
    if vector:
        return 4 * _round_up(length * element, 16)
    return 2 * _INT16 * _round_up(length, 4)


def _depthwise(source: Tensor, weights: Tensor, sink: Tensor, vector: bool) -> int:
    """arm_depthwise_conv_wrapper_s8_get_buffer_size, and _s16.

    One filter a channel: a column in int16 (_opt_..._dsp); with MVE four columns of 124 channels, whatever their
    number (_opt_..._mve), or of int16 all channels and 8 bytes (_fast_s16_..._mve). One input channel (with MVE): a
    convolution, and the weights once more (arm_deptwise_conv_s8_one_in_ch_get_buffer_size_mve).
    """
    taps, channels = weights.shape[1] * weights.shape[2], source.shape[-1]
    asked = 0
    if channels == sink.shape[-1]:
        asked = _INT16 * taps * channels
        if vector:
            asked = 4 * _CHANNELS_AT_ONCE * taps
            if source.element == _INT16:
                asked = max(asked, 4 * _INT16 * taps * channels + 8)
    if vector and channels == 1:
        asked = max(asked, _columns(taps, source.element, vector) + taps * weights.shape[-1])
    return asked


def _transposed(source: Tensor, weights: Tensor, sink: Tensor, vector: bool) -> tuple[int, ...]:
    """arm_transpose_conv_s8_get_buffer_size, and _get_reverse_conv_buffer_size.

    Above 16 input channels and with strides of at most 2: a convolution over the stretched input, and the weights once
    more, reversed. Otherwise int32 sums of as many rows and columns as a row of the input touches: no more columns than
    the output has and one kernel beside it.
    """
    outputs, height, width, channels = weights.shape
    strides = [math.ceil(sink.shape[axis] / max(source.shape[axis], 1)) for axis in (1, 2)]  # or less
    columns = _columns(height * width * channels, source.element, vector)
    sums = _INT32 * outputs * (sink.shape[2] + max(width, strides[0])) * max(height, strides[0])
    if channels <= _REVERSED_ABOVE:
        return (sums,)
    reversed_weights = channels * height * width * outputs
    return columns if max(strides) <= 2 else max(columns, sums), reversed_weights


def _dense(operator: Operator, vector: bool) -> Demand:
    """arm_fully_connected_s8_get_buffer_size_mve: outputs * sizeof(int32_t), the sums over the weights; _dsp: 0.

    More than one row of input is computed as a 1x1 convolution, which takes a multiplier and a shift per channel: two
    int32 each where the file has one scale. armclang's needs two int16 columns of the input too.
    """
    units = operator.outputs[0].shape[-1]
    sums = _INT32 * units if vector else 0
    if len(operator.outputs[0].shape) <= 2:
        return Demand(sums=sums)
    weights = operator.input(1)
    depth = weights.shape[-1] if weights is not None else 0
    return Demand(scratch=(2 * _INT32 * units, 2 * _INT16 * depth), sums=sums)


def _lstm(operator: Operator) -> Demand:
    """The sums over the weights of each gate, kept on every core; in int64 where the activations are int16."""
    source = operator.input(0)
    wide = source is not None and source.element == _INT16
    each = _round_up((_INT64 if wide else _INT32) * operator.outputs[0].shape[-1], 16)
    return Demand(lasting=_LSTM_SUMS * each + _round_up(_LSTM_PARAMETERS, 16) + RECORD)


def _rows(tensor: Tensor | None) -> int:
    return tensor.shape[0] if tensor is not None else 0


def _round_up(count: int, multiple: int) -> int:
    return math.ceil(count / multiple) * multiple
