"""Small networks for MNIST that others published, as their sources print them, and on what they were chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One row.

    Attributes:
        name: whose.
        params: weights and biases as stored; None where only bytes are told.
        weight_bytes: where told.
        accuracy: on the test set, 0 to 1.
        chosen_on: "validation", "test set" or "not told".
        remark: what to know of it.
    """

    name: str
    params: int | None
    weight_bytes: int | None
    accuracy: float
    chosen_on: str
    remark: str


PUBLISHED = (
    Published(
        "µNAS (Liberis et al., 2021)", 480, 480, 0.9919, "not told", "remembered; its table could not be found again"
    ),
    Published(
        "JoshWarn, Parameter-Efficient-MNIST", 697, 841, 0.9903, "test set", "best of some 700 runs and their epochs"
    ),
    Published("NeuralGolfing", 575, None, 0.9800, "test set", "pruned weight by weight against it"),
    Published("R. Grimov, 2018", 1936, None, 0.9910, "validation", "one separable layer used three times"),
    Published("Gural & Murmann, ICML 2019", 3003, 1947, 0.9915, "validation", "4 bit; all 10,000 on an ATmega328P"),
    Published("SpArSe, 2019", None, 2800, 0.9864, "not told", 'under "2 KB" of RAM; second hand'),
)
