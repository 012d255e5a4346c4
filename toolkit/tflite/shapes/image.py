"""Shapes of operators on images [batch, height, width, channels]: windows, blocks and sizes."""

from __future__ import annotations

import math

from toolkit.tflite.shapes.node import Node, Rule, Shape, UnknownError


def _positions(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    if min(size, kernel, stride, dilation) < 1:
        raise UnknownError("has a window of no size")
    return -(-size // stride) if same else (size - (kernel - 1) * dilation - 1) // stride + 1


def _window(node: Node, kernel: tuple[int, int], channels: int) -> list[Shape]:
    options, image = node.options, node.shape(0)
    if options is None or len(image) != 4:
        raise UnknownError("is no image operator")
    dilation = getattr(options, "dilationHFactor", 1), getattr(options, "dilationWFactor", 1)
    stride = options.strideH, options.strideW
    size = [
        _positions(image[1 + axis], kernel[axis], stride[axis], dilation[axis], options.padding == 0) for axis in (0, 1)
    ]
    return [(image[0], *size, channels)]


def _convolution(node: Node) -> list[Shape]:
    weights = node.shape(1)
    if len(weights) != 4:
        raise UnknownError("has weights of another rank")
    return _window(node, weights[1:3], weights[3] if node.kind == "DEPTHWISE_CONV_2D" else weights[0])


def _pool(node: Node) -> list[Shape]:
    if node.options is None or len(node.shape(0)) != 4:
        raise UnknownError("is no image operator")
    return _window(node, (node.options.filterHeight, node.options.filterWidth), node.shape(0)[3])


def _space_to_batch(node: Node) -> list[Shape]:
    shape, block, pads = node.shape(0), node.value(1).reshape(-1).tolist(), node.value(2)
    if len(block) + 2 > len(shape) + 1 or pads.shape != (len(block), 2) or any(each < 1 for each in block):
        raise UnknownError("has blocks of another rank")
    made = [shape[0] * math.prod(block)]
    for axis, (size, (before, after)) in enumerate(zip(block, pads.tolist(), strict=True), 1):
        if (shape[axis] + before + after) % size:
            raise UnknownError("has blocks that do not fit")
        made.append((shape[axis] + before + after) // size)
    return [(*made, *shape[1 + len(block) :])]


def _batch_to_space(node: Node) -> list[Shape]:
    shape, block, crops = node.shape(0), node.value(1).reshape(-1).tolist(), node.value(2)
    if len(block) + 2 > len(shape) + 1 or crops.shape != (len(block), 2) or any(each < 1 for each in block):
        raise UnknownError("has blocks of another rank")
    if shape[0] % math.prod(block):
        raise UnknownError("has blocks that do not fit")
    made = [shape[0] // math.prod(block)]
    for axis, (size, (before, after)) in enumerate(zip(block, crops.tolist(), strict=True), 1):
        made.append(shape[axis] * size - before - after)
    return [(*made, *shape[1 + len(block) :])]


def _depth(node: Node) -> list[Shape]:
    shape, options = node.shape(0), node.options
    if len(shape) != 4 or options is None or options.blockSize < 1:
        raise UnknownError("is no image operator")
    size, (batch, height, width, channels) = options.blockSize, shape
    if node.kind == "SPACE_TO_DEPTH":
        if height % size or width % size:
            raise UnknownError("has blocks that do not fit")
        return [(batch, height // size, width // size, channels * size * size)]
    if channels % (size * size):
        raise UnknownError("has blocks that do not fit")
    return [(batch, height * size, width * size, channels // (size * size))]


def _resize(node: Node) -> list[Shape]:
    shape, size = node.shape(0), node.value(1).reshape(-1).tolist()
    if len(shape) != 4 or len(size) != 2:
        raise UnknownError("is no image operator")
    return [(shape[0], *size, shape[3])]


RULES: dict[str, Rule] = {
    "AVERAGE_POOL_2D": _pool,
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "DEPTH_TO_SPACE": _depth,
    "L2_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "SPACE_TO_DEPTH": _depth,
}
