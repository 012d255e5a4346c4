"""What is known of a network that is exported, and how its C speaks of it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.artifacts.exported import Exported
from toolkit.errors import UsageError

_TYPES = {
    ElementType.INT8: "int8_t",
    ElementType.UINT8: "uint8_t",
    ElementType.INT16: "int16_t",
    ElementType.INT32: "int32_t",
    ElementType.FLOAT32: "float",
    ElementType.BOOL: "uint8_t",
}
_MADE = {
    ElementType.INT8: "(int8_t)value",
    ElementType.UINT8: "value",
    ElementType.INT16: "(int16_t)((int8_t)value * 256 + value)",
    ElementType.INT32: "value >> 7",
    ElementType.FLOAT32: "(float)(int8_t)value * 0.0078125f",
    ElementType.BOOL: "(uint8_t)(value >> 7)",
}
_LIMITS = {"int8_t": ("-128", "127"), "uint8_t": ("0", "255"), "int16_t": ("-32768", "32767")}
# Of C23 and C++23, as far as the prefix and an underscore do not part them.
_TAKEN = {"aot", "auto", "bool", "char", "double", "float", "int", "long", "main", "model", "register", "short", "std"}


@dataclass(frozen=True)
class SelfTest:
    """What a device has to give.

    Attributes:
        seed, inputs: of `toolkit.export.inputs.rows`.
        crc: CRC-32 over all outputs of all inputs, in order; a float32 element as the number of its grid's cell.
        grids: by output: cells per 1.0 of a float32 one, a power of two; 0 of others.
        layers: by layer: CRC-32 over its output for all inputs; empty where layers are not compared.
        planted, seen, seen_in_layers: faults on the host: how many, how many the outputs show, and how many the layers
            do; planted is 0 where it was not measured, and `missing` says why.
        whose: the interpreter that gave the outputs.
    """

    seed: int
    inputs: int
    crc: int
    grids: tuple[float, ...]
    layers: tuple[int, ...]
    planted: int
    seen: int
    seen_in_layers: int
    whose: str
    missing: str = ""


@dataclass(frozen=True)
class Network:
    """One network of a library.

    Attributes:
        name: the prefix of all its symbols; title: the model's name; file, sha256: which file it is of.
        classes: what the last output's elements are called; empty where nobody said.
    """

    name: str
    title: str
    file: str
    sha256: str
    compiled: Exported
    selftest: SelfTest
    classes: tuple[str, ...] = ()

    @property
    def upper(self) -> str:
        """The prefix of its macros."""
        return self.name.upper()

    @property
    def inputs(self) -> tuple[End, ...]:
        """As C has them."""
        return _ends(self, "input", self.compiled.inputs)

    @property
    def outputs(self) -> tuple[End, ...]:
        """As C has them."""
        return _ends(self, "output", self.compiled.outputs)

    @property
    def rows(self) -> int:
        """Of the input, if it comes row by row; else 0."""
        return self.compiled.rows

    @property
    def streams(self) -> bool:
        """Whether layers run row by row, on one core at least."""
        return any(lowering.streamed for lowering in self.compiled.lowerings)

    @property
    def real(self) -> bool:
        """Whether something in it is computed in float32."""
        tensors = (*self.compiled.outputs, *(point.output for point in self.compiled.points))
        return any(tensor.dtype is ElementType.FLOAT32 for tensor in tensors)


@dataclass(frozen=True)
class End:
    """An input or output as C has it.

    Attributes:
        call: the function that gives its address; word: "input" or "output"; place: its number.
        suffix: "" where it is the only one, else "_0", "_1" ...; macro: the prefix of its macros.
    """

    spec: TensorSpec
    word: str
    place: int
    call: str
    suffix: str
    macro: str

    @property
    def type(self) -> str:
        """Of an element."""
        return _TYPES[self.spec.dtype]

    @property
    def made(self) -> str:
        """An element of the self-test's inputs, from a `value` of 0 to 255."""
        return _MADE[self.spec.dtype]

    @property
    def quantised(self) -> bool:
        """Its elements stand for real values."""
        return self.spec.quantised and self.type in _LIMITS

    @property
    def limits(self) -> tuple[str, str]:
        """The least and the largest element."""
        return _LIMITS[self.type]

    @property
    def scale(self) -> str:
        """As a C literal with every bit."""
        text = f"{self.spec.scale:.9g}"
        return (text if re.search("[.e]", text) else text + ".0") + "f"

    @property
    def shape(self) -> str:
        """In words."""
        return " x ".join(map(str, self.spec.sample)) or "1"


def _ends(network: Network, word: str, specs: Sequence[TensorSpec]) -> tuple[End, ...]:
    return tuple(
        End(
            spec,
            word,
            place,
            f"{network.name}_{word}{(suffix := f'_{place}' if len(specs) > 1 else '')}",
            suffix,
            f"{network.upper}_{word.upper()}{suffix}",
        )
        for place, spec in enumerate(specs)
    )


def prefix(text: str) -> str:
    """A model's name as the prefix of C symbols: "Gesture-2.1" -> "gesture_2_1"."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name or name[0].isdigit():
        name = f"net_{name}".rstrip("_")
    return f"{name}_net" if name in _TAKEN or keyword.iskeyword(name) else name


def check_prefix(name: str) -> str:
    """Refuse what is no prefix of C symbols.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name in _TAKEN or name.endswith("_"):
        raise UsageError(
            f"--name {name} is no prefix for C symbols",
            "small letters, digits and _, such as gesture; not a word of C's own",
        )
    return name
