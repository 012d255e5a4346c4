"""What the conversion of a network cost: scores of float32 beside int8, and how much each layer lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.artifacts.base import Artifact

FLOAT_HOST, INT8_HOST, INT8_DEVICE = "float_host", "int8_host", "int8_device"


@dataclass(frozen=True)
class LayerLoss(Artifact):
    """One operator of the int8 network, beside the one of the float32 network that computes the same.

    Attributes:
        name: by its place and kind: "layer 3 (CONV_2D)"; tensor: that it writes.
        partner: the float32 tensor; empty where none was found.
        snr_db: 10 log10 of the float32 tensor's energy over that of the difference; None without a partner, and where
            either is zero.
        added: noise over signal here, less that of its noisiest input, both as ratios of energies: what its own
            quantisation adds; None where it cannot be told.
    """

    name: str
    tensor: str
    partner: str
    snr_db: float | None
    added: float | None

    @property
    def title(self) -> str:
        """ "layer 3 (CONV_2D, conv_b/Relu)": the name is the float32 tensor's, where it has one."""
        name = next((each for each in (self.partner, self.tensor) if each and not each.startswith("tensor_")), "")
        short = name.split(";")[0]
        return f"{self.name[:-1]}, {short})" if short else self.name


@dataclass(frozen=True)
class ConversionCost(Artifact):
    """What came of holding an int8 network against the float32 one that it was made of.

    Attributes:
        source: the float32 network's file; sha256: of its `.tflite`.
        scores: by set: float_host, int8_host and int8_device -> metric -> value; sets without a score are not in it.
        inputs: what the float32 network was given, in words.
        layers: in the order of computation.
        worst: the name of the layer that adds most noise; empty where none can be told.
        samples: inputs that the layers were compared over.
        missing: why something of this is not known; empty where all is.
    """

    source: str
    sha256: str = ""
    scores: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    inputs: str = ""
    layers: tuple[LayerLoss, ...] = ()
    worst: str = ""
    samples: int = 0
    missing: str = ""

    @property
    def worst_layer(self) -> LayerLoss | None:
        """The layer that adds most noise."""
        return next((each for each in self.layers if each.name == self.worst), None)
