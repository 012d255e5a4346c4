"""Images with what the host's interpreter says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from toolkit import reference
from toolkit.link import Answer, Client, Request


def digits(count: int, seed: int = 1) -> list[Request]:
    """Tensors as alike to a digit as need be: strokes of any value on a background, and some of noise alone."""
    dice = np.random.default_rng(seed)
    images = np.full((count, 28, 28), -128, np.int8)
    for image in images:
        for _ in range(int(dice.integers(1, 9))):
            y, x, h, w = dice.integers(0, 24, 2).tolist() + dice.integers(1, 12, 2).tolist()
            patch = image[y : y + h, x : x + w]
            patch[:] = dice.integers(-128, 128, patch.shape)
    images[-1] = dice.integers(-128, 128, (28, 28))
    return [Request(key, "tensor", image.tobytes()) for key, image in enumerate(images)]


def expected(model: Path, requests: list[Request]) -> list[bytes]:
    """The outputs that the device must give."""
    tensors = np.stack([np.frombuffer(request.data, np.int8) for request in requests])
    outputs = reference.expected_outputs(model.read_bytes(), tensors.reshape(-1, 28, 28, 1))
    return [output.tobytes() for output in outputs]


def prove(client: Client, model: Path, requests: list[Request]) -> list[Answer]:
    """Stream them, compare every byte, return the answers."""
    answers = sorted(client.stream(requests), key=lambda answer: answer.key)
    assert [answer.output for answer in answers] == expected(model, requests)
    return answers
