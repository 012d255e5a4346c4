"""Makes test.npz: gestures as an accelerometer in a hand would feel them. Nobody moved a hand: the data are made.

`x` is float16 [200, 64, 3]: two seconds at 32 samples a second, three axes, in g. `y` is uint8 [200]: wing, ring,
slope, rest. Hands differ: how the board lies in them, how far and how fast they move, when they start.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

CLASSES = ("wing", "ring", "slope", "rest")
SAMPLES, SECONDS = 64, 2.0


def _tilt(draw: np.random.Generator) -> npt.NDArray[np.float64]:
    """A rotation by up to some 30 degrees about a random axis: Rodrigues' formula."""
    axis = draw.normal(size=3)
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.clip(draw.normal(0, 0.25), -0.5, 0.5)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _one(kind: int, draw: np.random.Generator) -> npt.NDArray[np.float64]:
    time = np.linspace(0, SECONDS, SAMPLES)
    length = draw.uniform(0.8, 1.6)
    phase = (time - draw.uniform(0, SECONDS - length)) / length  # 0 to 1 while the hand moves
    moving = np.clip(np.minimum(phase, 1 - phase) * 8, 0, 1)
    size = draw.uniform(0.15, 0.9)
    turn = 2 * np.pi * phase
    side = draw.choice([-1, 1])
    if CLASSES[kind] == "wing":  # a W: right all the time, down and up twice
        motion = [0.5 * np.cos(turn / 2), np.cos(2 * turn), 0 * turn]
    elif CLASSES[kind] == "ring":  # a circle, either way round
        motion = [np.cos(turn), side * np.sin(turn), 0 * turn]
    elif CLASSES[kind] == "slope":  # down to the left, then a stroke to the right
        first = phase < 0.5
        motion = [np.where(first, -0.6, 1.0) * np.sin(2 * turn), np.where(first, np.sin(2 * turn), 0), 0 * turn]
    else:  # a hand that is not quite still
        motion = [np.sin(turn * draw.uniform(0.3, 3) + each) * draw.uniform(0, 0.25) for each in range(3)]
    felt = np.stack(motion, axis=1) * (size * moving)[:, None] + [0, 0, 1]
    return felt @ _tilt(draw).T + draw.normal(0, 0.05, (SAMPLES, 3))


def make(count: int, seed: int) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8]]:
    """So many gestures, the classes in turn: x float16 [count, 64, 3] in g, y uint8 [count]."""
    draw = np.random.default_rng(seed)
    y = np.arange(count) % len(CLASSES)
    x = np.array([_one(kind, draw) for kind in y])
    return (np.round(x * 128) / 128).astype(np.float16), y.astype(np.uint8)  # in steps of 1/128 g, as a sensor has them


def write(folder: Path) -> None:
    """test.npz in this folder."""
    x, y = make(200, seed=1)
    np.savez_compressed(folder / "test.npz", x=x, y=y)


if __name__ == "__main__":
    write(Path(__file__).parent)
