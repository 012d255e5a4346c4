"""Our own reading of TFLM's arithmetic, held to the official interpreter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.compiler.graphs import Graph
from tests.differential.networks import KINDS, Network, draw
from tests.differential.reference import Reference
from tests.reference import int16, single
from tests.reference.__main__ import compare
from tests.reference.whole import FLOAT_BOUND, differing, made_up
from toolkit import reference, resources
from toolkit.errors import ModelError
from toolkit.reference import exact
from toolkit.reference.exact import fixed, held, network
from toolkit.tflite import describe

needs_wheel = pytest.mark.skipif(not reference.is_installed("tflite_micro"), reason="needs tflite-micro")
SHARED = Path(__file__).parents[3] / "shared"
ZOO = sorted(resources.models().rglob("*.tflite"))
FOREIGN = sorted(path for folder in ("foreign", "mlperf-tiny", "cases") for path in SHARED.glob(f"{folder}/*.tflite"))
SEEDS = 4

NOT_COMPUTED = {
    "CALL_ONCE",
    "SPACE_TO_BATCH_ND (operator 0) pads",
    "multiplies float32 with int8",
    "from float16 to float32",
    "REDUCE_PROD (operator 2) is not known",
    "needs a scale and a zero point",
}
"""What foreign files ask for and is not computed here; the last four the interpreter refuses as well."""


@needs_wheel
def test_random_networks_of_every_operator() -> None:
    """All 256 bytes through every function, all shapes and scales: int8 to the byte, float32 within a bound."""
    found = []
    with Reference() as interpreter:
        for kind in KINDS:
            for seed in range(SEEDS):
                network = draw(kind, seed)
                theirs = interpreter.outputs(network.tflite, network.inputs)
                assert not isinstance(theirs, str), theirs
                if not _equal(network, theirs):
                    found.append(network.name)
    assert not found


@needs_wheel
def test_what_decides_was_held_to_the_interpreter() -> None:
    """By this file's own networks, in each of those types."""
    drawn = [draw(kind, seed).tflite for kind in KINDS for seed in range(SEEDS)]
    drawn += [int16.draw(kind, seed) for kind in int16.DRAWINGS for seed in range(8)]
    drawn += [single.draw(name, seed).tflite for name in single.EVERY for seed in range(SEEDS)]
    drawn += [path.read_bytes() for path in ZOO]
    ran = set().union(*(held.used(describe(tflite)) for tflite in drawn))
    assert {(kind, types) for kind, all_types in held.HELD.items() for types in all_types} == ran
    assert {kind for kind, _ in ran} == exact.KERNELS.keys() | exact.CONTROL.keys()


def test_what_was_never_held_does_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph()
    source, output = graph.tensor((1, 4), "int16", 0.25), graph.tensor((1, 4), "int16", 0.25)
    graph.operator("RELU6", [source], [output])
    tflite = graph.file(source, output)
    assert exact.says(tflite) == ()
    assert held.untried(describe(tflite)) == ("RELU6 of int16 was not yet held to the official interpreter",)
    installed = reference.is_installed
    monkeypatch.setattr(reference, "is_installed", lambda package: package != "tflite_micro" and installed(package))
    assert not reference.decides(tflite)


def _equal(network: Network, theirs: np.ndarray) -> bool:
    mine = exact.outputs(network.tflite, [network.inputs]).view(theirs.dtype).reshape(theirs.shape)
    if mine.dtype.kind != "f":
        return bool(np.array_equal(mine, theirs))
    return bool(np.abs(mine - theirs).max(initial=0.0) <= FLOAT_BOUND * np.abs(theirs).max(initial=0.0))


@needs_wheel
@pytest.mark.parametrize("kind", int16.DRAWINGS)
def test_random_networks_on_16_bits(kind: str) -> None:
    for seed in range(8):
        tflite = int16.draw(kind, seed)
        assert differing(tflite, made_up(tflite, 3)) == ([], 1), f"seed {seed}"


@needs_wheel
@pytest.mark.parametrize("kind", single.DRAWINGS)
def test_networks_of_one_operator(kind: str) -> None:
    for name in (name for name in single.EVERY if name.split(" of ")[0] == kind):
        for seed in range(SEEDS):
            drawn = single.draw(name, seed)
            assert differing(drawn.tflite, drawn.inputs)[0] == [], f"{name}, seed {seed}"


@needs_wheel
def test_float32_is_bounded_for_each_operator() -> None:
    """The random networks too, each operator by itself: most give the same bits."""
    for kind in (kind for kind in KINDS if kind.endswith("float32")):
        for seed in range(SEEDS):
            network = draw(kind, seed)
            assert differing(network.tflite, [network.inputs])[0] == [], network.name


@needs_wheel
def test_a_slope_below_zero_is_rounded_before_its_sign() -> None:
    """Halves fall the other way if the multiplier itself is negative."""
    for slope in (-0.5, -0.25, -0.75, -2.0):
        graph = Graph()
        source, output = graph.tensor((1, 256), "int8", 0.5, 5), graph.tensor((1, 256), "int8", 0.5, 3)
        graph.operator("LEAKY_RELU", [source], [output], "LeakyReluOptions", alpha=slope)
        every = np.arange(256).astype(np.int8).reshape(1, 1, 256)
        assert differing(graph.file(source, output), [every]) == ([], 1), slope


@needs_wheel
@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_every_tensor_of_the_zoo(path: Path) -> None:
    tflite = path.read_bytes()
    assert exact.says(tflite) == ()
    assert differing(tflite, made_up(tflite, 2))[0] == []


@needs_wheel
@pytest.mark.skipif(not FOREIGN, reason="no foreign files beside the repository")
def test_every_tensor_of_foreign_networks() -> None:
    held = 0
    for path in FOREIGN:
        tflite = path.read_bytes()
        said = exact.says(tflite)
        if said:
            assert any(reason in said[0] for reason in NOT_COMPUTED), f"{path.name}: {said}"
            continue
        found, tensors = differing(tflite, made_up(tflite, 1))
        assert not found, f"{path.name}: {found}"
        held += tensors
    assert held > 1000


@needs_wheel
@pytest.mark.skipif(not FOREIGN, reason="no foreign files beside the repository")
@pytest.mark.parametrize("path", sorted(SHARED.glob("mlperf-tiny/*.tflite")), ids=lambda path: path.stem)
def test_what_verify_sends_has_the_same_answers(path: Path) -> None:
    """A few of them; `python -m tests.reference` takes hundreds, and all digits for the zoo."""
    found = compare(path, 5, most=5)
    assert found.sound
    assert found.equal == found.inputs == 5


def test_what_is_not_computed_is_named() -> None:
    graph = Graph()
    source = graph.tensor((1, 4), "int8", 0.5, 0)
    middle, output = graph.tensor((1, 4), "int8", 0.5, 0), graph.tensor((1, 4), "int8", 0.5, 0)
    graph.operator("RELU", [source], [middle])
    graph.operator("GELU", [middle], [output], "GeluOptions")
    tflite = graph.file(source, output)
    assert exact.says(tflite) == ("GELU (operator 1) is not known",)
    with pytest.raises(ModelError, match="our own reference cannot run the model: GELU"):
        exact.outputs(tflite, [np.zeros((1, 1, 4), np.int8)])


def _loop(body: Callable[[Graph], None]) -> bytes:
    """A WHILE whose condition is graph 1, and its body graph 2."""
    graph = Graph()
    main, source, output = graph.graph, graph.tensor((), "bool"), graph.tensor((), "bool")
    graph.operator("WHILE", [source], [output], "WhileOptions", condSubgraphIndex=1, bodySubgraphIndex=2)
    for draw_one in (lambda _: None, body):
        graph.graph = schema.SubGraphT()
        graph.graph.tensors, graph.graph.operators = [], []
        graph.model.subgraphs.append(graph.graph)
        x = graph.tensor((), "bool")
        graph.graph.inputs, graph.graph.outputs = [x], [x]
        draw_one(graph)
    graph.graph = main
    return graph.file(source, output)


def test_a_loop_without_an_end_is_left() -> None:
    """The interpreter would turn for ever."""
    tflite = _loop(lambda _: None)
    assert exact.says(tflite) == ()
    assert exact.outputs(tflite, [np.array([False, False])]).tolist() == [[0], [0]]
    with pytest.raises(ModelError, match=r"WHILE .* runs graphs more than 8192 times"):
        exact.outputs(tflite, [np.array([False, True])])


def test_a_loop_within_itself_is_refused() -> None:
    def itself(graph: Graph) -> None:
        y = graph.tensor((), "bool")
        graph.operator("WHILE", [0], [y], "WhileOptions", condSubgraphIndex=1, bodySubgraphIndex=2)

    with pytest.raises(ModelError, match="more than 8 deep in one another"):
        exact.outputs(_loop(itself), [np.array([True])])


@pytest.mark.parametrize(("scale", "zero"), [(0.0, 0), (float("inf"), 0), (0.5, 200), (0.5, 1 << 40)])
def test_a_quantisation_that_cannot_be_is_not_computed(scale: float, zero: int) -> None:
    """The interpreter aborts on some of them, and gives anything for others."""
    graph = Graph()
    source, output = graph.tensor((1, 4), "int8", 0.5, 0), graph.tensor((1, 4), "int8", scale, zero)
    graph.operator("RELU", [source], [output])
    (said,) = exact.says(graph.file(source, output))
    assert said.startswith("RELU (operator 0) has ")


def test_many_samples_are_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    inputs = made_up(tflite, 7)
    together = exact.outputs(tflite, inputs)
    monkeypatch.setattr(network, "_AT_ONCE", 1)
    told: list[tuple[int, int]] = []
    assert np.array_equal(exact.outputs(tflite, inputs, progress=lambda *done: told.append(done)), together)
    assert told == [(done, 7) for done in range(1, 8)]
    assert len(np.unique(together, axis=0)) > 1


@needs_wheel
def test_several_inputs_and_outputs() -> None:
    graph = Graph()
    a, b = graph.tensor((1, 3), "int8", 0.5, 1), graph.tensor((1, 3), "int8", 0.25, -2)
    total, real = graph.tensor((1, 3), "int8", 0.75, 0), graph.tensor((1, 3), "float32")
    graph.operator("ADD", [a, b], [total], "AddOptions")
    graph.operator("DEQUANTIZE", [total], [real], "DequantizeOptions")
    tflite = graph.file([a, b], [real, total])
    inputs = [each.reshape(5, 3) for each in made_up(tflite, 5)]
    ours = exact.outputs(tflite, inputs)
    assert ours.shape == (5, 15)
    assert np.array_equal(ours, reference.expected_outputs(tflite, inputs, interpreter="tflite_micro"))


@needs_wheel
def test_a_multiplier_of_single_precision_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random networks see the last bit of a multiplier: so they are a measure."""
    sound = fixed.multiplier
    monkeypatch.setattr(fixed, "multiplier", lambda real: sound(float(np.float32(real))))
    with Reference() as interpreter:
        networks = [draw(f"{kind} int8", seed) for kind in ("FULLY_CONNECTED", "ADD", "MEAN") for seed in range(12)]
        differ = {
            network.kind
            for network in networks
            if not _equal(network, np.asarray(interpreter.outputs(network.tflite, network.inputs)))
        }
    assert differ == {"FULLY_CONNECTED int8", "ADD int8", "MEAN int8"}


def test_every_operator_of_the_resolver_is_read() -> None:
    from toolkit.runtimes.tflm.operators import METHODS

    assert exact.KERNELS.keys() | exact.CONTROL.keys() == METHODS.keys()
    used = {each.kind for path in ZOO for each in describe(path.read_bytes()).main.operators}
    assert used <= set(exact.KERNELS)
