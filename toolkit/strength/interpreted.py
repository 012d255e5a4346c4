"""The same faults, planted in the file that the official interpreter is given: for networks that our compiler does not
take, and computers without a C compiler. It is slow, so fewer faults are planted.

All of this runs in a process of its own (apart.py), since the interpreter may die of a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.compiler.changeable import Place
from toolkit.strength.faults import (
    LARGEST_STEP,
    OUTPUT_STEPS,
    SEED,
    SHARES,
    SMALL,
    TRIES,
    Fault,
    any_value,
    by_role,
    shared,
)
from toolkit.strength.library import Bytes
from toolkit.strength.operators import TYPES, Layer, Network, Slot, size, split, zeros
from toolkit.strength.rounds import FOR_OUTPUTS, Allow, Outcome, UnlikeError, rounds
from toolkit.verify.tolerance import of_layer

WORK = 2e9
"""As in rounds.py, but of the interpreter's reference kernels: some seconds."""
LONGEST = 120.0
FAULTS = 200
_EACH = 1e5
"""What an inference costs beside its multiply-accumulates; an interpreter that is made costs tenfold."""
_SAMPLES = 10
_REFUSED = (RuntimeError, ValueError)
_KEPT_BYTES = 64 << 20


def count_once(tflite: bytes) -> None:
    """The wheel counts a file's variables in Python each time, which takes longest; no fault changes their number.

    For a process that computes this one network, as it is and changed.
    """
    from tflite_micro.python.tflite_micro import runtime

    number = runtime.count_resource_variables(tflite)
    runtime.count_resource_variables = lambda _: number


class Computed:
    """One file in the interpreter."""

    def __init__(self, tflite: bytes, bytes_: int, *, keeps_state: bool, outputs: int) -> None:
        """Load it.

        Args:
            bytes_: of all its tensors.

        Raises:
            RuntimeError, ValueError: the interpreter refuses it.
        """
        from tflite_micro.python.tflite_micro import runtime

        self._interpreter = runtime.Interpreter.from_bytes(
            tflite,
            arena_size=(1 << 20) + 40 * len(tflite) + 4 * bytes_,
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # spelt so
        )
        self._keeps_state, self._outputs = keeps_state, outputs

    def __call__(self, values: Sequence[npt.NDArray[Any]]) -> Bytes:
        """All outputs' bytes for one sample."""
        if self._keeps_state:
            self._interpreter.reset()
        for place, value in enumerate(values):
            self._interpreter.set_input(value, place)
        self._interpreter.invoke()
        return _flat([np.array(self._interpreter.get_output(place)) for place in range(self._outputs)])

    def tensors(self, which: Sequence[int]) -> Bytes:
        """The bytes of tensors after that."""
        return _flat([np.array(self._interpreter.GetTensor(each, 0)["tensor_data"]) for each in which])


class Interpreted:
    """A network, and inputs with what is due for them.

    Attributes:
        refused: layers whose output the interpreter lets nobody put anything in place of; and other faults that it
            refuses.
    """

    def __init__(self, network: Network, inputs: Bytes, due: Bytes, allowed: npt.NDArray[np.float64]) -> None:
        """Nothing is computed yet.

        Args:
            inputs: uint8 [N, input bytes]; due: uint8 [N, output bytes].
            allowed: float64 [N, float32 output elements]; it grows where rounding explains more.
        """
        self.network, self.inputs, self.due, self.allowed = network, inputs, due, allowed
        graph = network.graph
        self._sources = [graph.tensors[each] for each in graph.inputs]
        self._sinks = [graph.tensors[each] for each in graph.outputs]
        self._cuts: dict[int, Computed | None] = {}
        self._explained: set[int] = set()
        self._slots: dict[int, list[Slot]] = {}
        self.refused: set[int] = set()
        self._refused_faults: set[Fault] = set()

    def load(self, tflite: bytes) -> Computed:
        """An interpreter of this network, however its file was changed."""
        keeps = self.network.description.keeps_state
        return Computed(tflite, self.network.bytes, keeps_state=keeps, outputs=len(self._sinks))

    def sample(self, index: int) -> list[npt.NDArray[Any]]:
        """One input."""
        return split(self._sources, self.inputs[index])

    def run(self, faults: Sequence[Fault], order: npt.NDArray[np.int32], allow: Allow, budget: float) -> Outcome:
        """As `rounds.Runner.run`.

        Raises:
            UnlikeError: the interpreter does not give what is due.
        """
        outcome = Outcome([None] * len(faults), [0] * len(faults), [False] * len(faults), [False] * len(faults))
        end = time.monotonic() + LONGEST
        whole = self.load(self.network.tflite)
        for which in rounds(order, max(1, _KEPT_BYTES // max(1, self.network.bytes))):
            left = [n for n, seen in enumerate(outcome.seen) if seen is None and self.possible(faults[n])]
            if outcome.work >= budget * (1 - FOR_OUTPUTS):
                left = [n for n in left if faults[n].fill is not None]
            if not left or outcome.late or outcome.work >= budget:
                break
            sound = []
            for index in which:
                got = whole(self.sample(int(index)))
                if self._differs(got, int(index), allow):
                    raise UnlikeError(int(index))
                sound.append([whole.tensors(layer.outputs) for layer in self.network.layers])
            outcome.work += len(which) * self.cost
            for n in left:
                most = budget if faults[n].fill is not None else budget * (1 - FOR_OUTPUTS)
                outcome.late = outcome.late or time.monotonic() > end
                if outcome.work < most and not outcome.late:
                    self._hold(faults[n], n, which, [each[faults[n].layer] for each in sound], allow, outcome)
        return outcome

    def trace(self, faults: Sequence[Fault], outcome: Outcome, count: int, budget: float) -> None:
        """As `rounds.Runner.trace`, while the work lasts."""
        whole = self.load(self.network.tflite)
        sound: list[list[Bytes]] = []
        for index in range(count):
            whole(self.sample(index))
            sound.append([whole.tensors(layer.outputs) for layer in self.network.layers])
        for n in [n for n, seen in enumerate(outcome.seen) if seen is None and self.possible(faults[n])]:
            fault, layer = faults[n], self.network.layers[faults[n].layer]
            changed = None if fault.fill is not None else self._changed(layer, fault)
            for index in range(count):
                own = sound[index][fault.layer]
                if fault.fill is not None:
                    got = fault.fill
                elif changed is None or outcome.work >= budget:
                    break
                else:
                    changed(self.sample(index))
                    got = changed.tensors(layer.outputs)
                    outcome.work += self.cost
                if self._shown(layer, got, own):
                    outcome.shown[n] = outcome.reached[n] = True
                    break

    def _shown(self, layer: Layer, got: Bytes, own: Bytes) -> bool:
        """Whether the layer's own output tells: any byte of integers, float32 by the rule of verify.tolerance."""
        outputs = [self.network.graph.tensors[each] for each in layer.outputs]
        for tensor, is_, due in zip(outputs, split(outputs, got), split(outputs, own), strict=True):
            if tensor.type != "float32":
                if not np.array_equal(is_, due):
                    return True
            elif of_layer(due.astype(np.float64), is_.astype(np.float64)).any():
                return True
        return False

    def possible(self, fault: Fault) -> bool:
        """The interpreter has not refused it."""
        return fault not in self._refused_faults and (fault.fill is None or fault.layer not in self.refused)

    @property
    def cost(self) -> float:
        """Of an inference."""
        return self.network.cost + _EACH

    def _hold(
        self, fault: Fault, n: int, which: npt.NDArray[np.int32], sound: list[Bytes], allow: Allow, outcome: Outcome
    ) -> None:
        layer = self.network.layers[fault.layer]
        given: list[npt.NDArray[Any]] = []
        if fault.fill is not None:
            changed = self._cut(fault.layer)
            given = split([self.network.graph.tensors[each] for each in layer.outputs], fault.fill)
        else:
            changed = self._changed(layer, fault)
            outcome.work += 10 * _EACH
        if changed is None:
            return
        for index, own in zip(which, sound, strict=True):
            if fault.fill is not None and np.array_equal(own, fault.fill):
                continue
            got = changed([*self.sample(int(index)), *given])
            outcome.work += self.cost
            reached = fault.fill is not None or not np.array_equal(changed.tensors(layer.outputs), own)
            outcome.reached[n] |= reached
            if self._differs(got, int(index), allow):
                outcome.seen[n] = int(index)
                break
        outcome.tried[n] += len(which)

    def _cut(self, number: int) -> Computed | None:
        if number not in self._cuts:
            try:
                self._cuts[number] = self.load(self.network.cut(self.network.layers[number]))
            except _REFUSED:
                self._cuts[number] = None
                self.refused.add(number)
        return self._cuts[number]

    def _changed(self, layer: Layer, fault: Fault) -> Computed | None:
        try:
            return self.load(planted(self.network.tflite, self._slots_of(layer)[fault.place], fault))
        except _REFUSED:
            self._refused_faults.add(fault)
            return None

    def _slots_of(self, layer: Layer) -> list[Slot]:
        if layer.place not in self._slots:
            self._slots[layer.place] = self.network.slots(layer.place)
        return self._slots[layer.place]

    def _differs(self, got: Bytes, index: int, allow: Allow) -> bool:
        if not self._is_off(got, index):
            return False
        if self.allowed.shape[1] and index not in self._explained:
            self._explained.add(index)
            more = allow(index)
            if more is not None:
                self.allowed[index] = np.maximum(self.allowed[index], more)
                return self._is_off(got, index)
        return True

    def _is_off(self, got: Bytes, index: int) -> bool:
        start = 0
        for tensor, is_, due in zip(
            self._sinks, split(self._sinks, got), split(self._sinks, self.due[index]), strict=True
        ):
            if tensor.type != "float32":
                if not np.array_equal(is_, due):
                    return True
                continue
            allowed = self.allowed[index, start : start + due.size]
            start += due.size
            with np.errstate(invalid="ignore"):
                apart = np.abs(is_.ravel().astype(np.float64) - due.ravel())
            if not ((is_.ravel() == due.ravel()) | (apart <= allowed)).all():
                return True
        return False

    def plan(self, count: int, seed: int = SEED) -> tuple[Fault, ...]:
        """The faults, layer by layer: as `faults.plan`."""
        found: list[Fault] = []
        layers, taken = self.network.layers, set[int]()
        groups: list[list[tuple[int, Slot]]] = []
        for layer in layers:
            slots_here = enumerate(self._slots_of(layer))
            own = [(place, slot) for place, slot in slots_here if slot.buffer not in taken]
            taken |= {slot.buffer for _, slot in own}
            groups.append(own)
        trials = [_Trial(self, number, layer) for number, layer in enumerate(layers)]
        for number, layer in enumerate(layers):
            for fill in zeros([self.network.graph.tensors[each] for each in layer.outputs]):
                found.append(Fault(number, "output", fill=fill, certain=trials[number].tells(fill)))
        shares = shared([sum(slot.size for _, slot in own) for own in groups], count - len(found))
        for trial, own, share in zip(trials, groups, shares, strict=True):
            found.extend(_singles(trial, own, share, seed, self.network.tflite))
        return tuple(sorted(found, key=lambda fault: fault.layer))


def planted(tflite: bytes, slot: Slot, fault: Fault) -> bytes:
    """The file with one constant changed.

    With a scale of the weights goes that of the bias, which must be their product with the input's.
    """
    data = bytearray(tflite)
    slot.values(data)[fault.index] = fault.value
    if slot.role == "multiplier" and slot.step.size:
        np.frombuffer(data, "<f4", 1, int(slot.step[fault.index]))[0] *= np.float32(0.5)
    return bytes(data)


def _value(slot: Slot, values: npt.NDArray[Any], index: int, sign: int) -> Any:
    value, kind = values[index], values.dtype
    if slot.role == "multiplier":
        return kind.type(value / 2)
    if slot.role == "bias":
        if kind.kind == "f":
            return kind.type(value + sign * (slot.step[index] if slot.step.size else 1.0))
        by = OUTPUT_STEPS * slot.step[index] if slot.step.size else OUTPUT_STEPS
        limits = np.iinfo(kind)
        return kind.type(min(max(int(value) + sign * int(min(np.ceil(by), LARGEST_STEP)), limits.min), limits.max))
    if kind.kind == "f":
        largest = float(np.abs(values).max()) or 1.0
        return kind.type(value - largest if value > 0 else value + largest)
    if kind.kind == "u":
        return kind.type(int(value) ^ (1 << 8 * kind.itemsize - 1))
    return kind.type(int(value) ^ int(np.iinfo(kind).min))


class _Trial:
    """An operator by itself, on made-up values of its inputs; `file` is None where the interpreter does not take it."""

    def __init__(self, of: Interpreted, number: int, layer: Layer) -> None:
        tensors = of.network.graph.tensors
        self.number = number
        self._load, self._outputs = of.load, len(layer.outputs)
        self._bytes, self._keeps = of.network.bytes, of.network.description.keeps_state
        random = np.random.default_rng((SEED, number))
        self.file: bytes | None = None
        try:
            sources = [tensors[each] for each in layer.inputs]
            self._given = [[_any(each, kind, random) for each in sources] for kind in range(_SAMPLES if sources else 1)]
            self.file = of.network.alone(layer)
            self._sound = self.answers(self.file)
        except (*_REFUSED, KeyError):
            self.file = None

    def answers(self, tflite: bytes) -> list[Bytes]:
        computed = Computed(tflite, self._bytes, keeps_state=self._keeps, outputs=self._outputs)
        return [computed(values) for values in self._given]

    def tells(self, fill: Bytes) -> bool:
        return self.file is not None and any(not np.array_equal(each, fill) for each in self._sound)

    def shows(self, tflite: bytes) -> bool:
        try:
            return any(not np.array_equal(a, b) for a, b in zip(self.answers(tflite), self._sound, strict=True))
        except _REFUSED:
            return False


def _singles(trial: _Trial, own: list[tuple[int, Slot]], share: int, seed: int, tflite: bytes) -> Iterator[Fault]:
    random = np.random.default_rng((seed, trial.number, 1))
    same = Network(trial.file).slots() if trial.file is not None and own else []
    groups = {role: [(p, slot, i) for p, slot in own if slot.role == role for i in range(slot.size)] for role in SHARES}
    wanted = by_role({role: len(group) for role, group in groups.items()}, share)
    for role, group in groups.items():
        done = 0
        order = random.permutation(len(group))
        for at in order[: max(min(SMALL, 20 * wanted[role]), TRIES * wanted[role])]:
            if done == wanted[role]:
                break
            place, slot, index = group[at]
            value = _value(slot, slot.values(tflite), index, int(random.choice((-1, 1))))
            fault = Fault(trial.number, role, place, index, value, certain=trial.file is not None)
            if trial.file is None or trial.shows(planted(trial.file, same[place], fault)):
                done += 1
                yield fault


def _any(tensor: Any, kind: int, random: np.random.Generator) -> npt.NDArray[Any]:
    dtype = TYPES[tensor.type]
    if dtype.kind == "i" and dtype.itemsize > 2:  # places in another tensor, mostly
        return np.asarray(random.integers(0, 2, tensor.shape), dtype)
    zero = int(tensor.zero_points[0]) if len(tensor.zero_points) else 0
    return any_value(Place(0, size(tensor), dtype, zero), kind, random).view(dtype).reshape(tensor.shape)


def _flat(arrays: Sequence[npt.NDArray[Any]]) -> Bytes:
    return np.frombuffer(b"".join(each.tobytes() for each in arrays), np.uint8)
