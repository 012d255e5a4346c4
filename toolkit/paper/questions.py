"""What the results say to the paper's open questions, as rows that the command line prints and the page holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit import zoo
from toolkit.artifacts import Artifact
from toolkit.paper import plan
from toolkit.paper.compression import CompressionResult
from toolkit.paper.tables import Spread
from toolkit.paper.tfmot import ToolkitResult
from toolkit.paper.training_run import Result


@dataclass(frozen=True)
class Best(Artifact):
    """The proposed network by the best recipe: the converted files on the 10,000 test images, over the seeds.

    Attributes:
        seeds: that were trained.
        params: trainable parameters.
        size_bytes: of the int8 `.tflite`.
        float32, int8: accuracy; None if nothing is trained yet.
        external: by seed, right answers of the ten external images in int8.
    """

    seeds: tuple[int, ...]
    params: int
    size_bytes: int | None
    float32: Spread | None
    int8: Spread | None
    external: tuple[int, ...]


@dataclass(frozen=True)
class EpochsRow(Artifact):
    """One network followed past the paper's 20 epochs, first seed.

    Attributes:
        model: of the zoo.
        epochs: that it was followed to; None if it is not yet run, as all figures after it then.
        at_20: accuracy on the test images after 20 epochs, 0 to 1.
        end: mean of the last five epochs: single ones scatter.
        gain: end less at_20.
        training: accuracy on the training images during the last epoch.
        curve: accuracy on the test images after each epoch.
    """

    model: str
    epochs: int | None
    at_20: float | None
    end: float | None
    gain: float | None
    training: float | None
    curve: tuple[float, ...]


@dataclass(frozen=True)
class MethodRow(Artifact):
    """One method of making a trained network smaller, averaged over the seeds.

    Attributes:
        model, method: see `toolkit.paper.methods.Compressed`.
        seeds: that were compressed.
        size_bytes, zipped_bytes: of the `.tflite`, and of the same under zlib.
        sparsity: share of zeros in the kernels, 0 to 1.
        accuracy: on the test images.
        change: of the mean accuracy against the network as trained.
    """

    model: str
    method: str
    seeds: tuple[int, ...]
    size_bytes: float
    zipped_bytes: float
    sparsity: float
    accuracy: Spread
    change: float


@dataclass(frozen=True)
class HarderRow(Artifact):
    """One network on MNIST and on Fashion-MNIST, same recipe, first seed; None where it is not yet run."""

    model: str
    mnist: float | None
    fashion_mnist: float | None
    difference: float | None


def best(results: dict[str, Result]) -> Best:
    """The best recipe's seeds."""
    found = [results[run.key] for run in plan.best() if run.key in results]
    return Best(
        seeds=tuple(result.run.seed for result in found),
        params=zoo.get("proposed").params,
        size_bytes=max(result.sizes["int8"] for result in found) if found else None,
        float32=Spread.of(result.accuracy["float32"] for result in found) if found else None,
        int8=Spread.of(result.accuracy["int8"] for result in found) if found else None,
        external=tuple(result.external["int8"] for result in found),
    )


def epochs(results: dict[str, Result]) -> tuple[EpochsRow, ...]:
    """Every network, in the zoo's order."""
    return tuple(_epochs_row(run.model, results.get(run.key)) for run in plan.epochs())


def followed(results: dict[str, Result]) -> tuple[Result, ...]:
    """The trainings whose curves can be drawn."""
    return tuple(results[run.key] for run in plan.epochs() if run.key in results)


def _epochs_row(model: str, result: Result | None) -> EpochsRow:
    if result is None:
        return EpochsRow(model, None, None, None, None, None, ())
    at_20, end = result.curve[plan.PAPER_EPOCHS - 1], Spread.of(result.curve[-5:]).mean
    return EpochsRow(model, len(result.curve), at_20, end, end - at_20, result.training_curve[-1], result.curve)


def compression(results: Iterable[CompressionResult]) -> tuple[MethodRow, ...]:
    """Every method on every network that was compressed."""
    by_model: dict[str, list[CompressionResult]] = {}
    for result in results:
        by_model.setdefault(result.run.model, []).append(result)
    return tuple(
        _method_row(model, method.method, by_model[model])
        for model in zoo.of_the_paper()
        if model in by_model
        for method in by_model[model][0].methods
    )


def _method_row(model: str, method: str, results: list[CompressionResult]) -> MethodRow:
    same = [each for result in results for each in result.methods if each.method == method]
    accuracy = Spread.of(each.accuracy for each in same)
    untouched = Spread.of(each.accuracy for result in results for each in result.methods if each.method == "float32")
    return MethodRow(
        model=model,
        method=method,
        seeds=tuple(result.run.seed for result in results),
        size_bytes=Spread.of(each.size_bytes for each in same).mean,
        zipped_bytes=Spread.of(each.zipped_bytes for each in same).mean,
        sparsity=Spread.of(each.sparsity for each in same).mean,
        accuracy=accuracy,
        change=accuracy.mean - untouched.mean,
    )


def harder(results: dict[str, Result]) -> tuple[HarderRow, ...]:
    """Every network, in the zoo's order."""
    first = {run.model: run for run in reversed(plan.tables())}
    found = []
    for run in plan.harder():
        easy = results[first[run.model].key].accuracy["float32"] if first[run.model].key in results else None
        hard = results[run.key].accuracy["float32"] if run.key in results else None
        both = easy is not None and hard is not None
        found.append(HarderRow(run.model, easy, hard, hard - easy if both else None))  # type: ignore[operator]
    return tuple(found)


def toolkit_steps(results: Iterable[ToolkitResult]) -> tuple[ToolkitResult, ...]:
    """TensorFlow's own toolkit, in the zoo's order."""
    names = zoo.of_the_paper()
    return tuple(sorted(results, key=lambda result: (names.index(result.run.model), result.run.seed)))
