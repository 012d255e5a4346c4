"""Samples and Task: what a network is asked for, where it comes from, and how its answers are held against the truth.

samples.py   a set of inputs          task.py     how truth is compared       scaling.py  uint8 elements as real values
choice.py    which sets a network is asked for
own.py       the user's own set: what a loader gives, brought to the inputs by meet.py and to a task by answers.py
loaders/     one file a format        sets/       sets that are known by name      digits/  MNIST's convention
"""

from __future__ import annotations

from toolkit.data.choice import Chosen, at_hand, choose, for_training, look
from toolkit.data.digits.folder import load_external, load_images
from toolkit.data.digits.prepare import prepare_image
from toolkit.data.samples import Samples
from toolkit.data.scaling import Scaling
from toolkit.data.sets.fashion import load_fashion_mnist
from toolkit.data.sets.mnist import load_mnist
from toolkit.data.task import Kind, Task

__all__ = [
    "Chosen",
    "Kind",
    "Samples",
    "Scaling",
    "Task",
    "at_hand",
    "choose",
    "for_training",
    "load_external",
    "load_fashion_mnist",
    "load_images",
    "load_mnist",
    "look",
    "prepare_image",
]
