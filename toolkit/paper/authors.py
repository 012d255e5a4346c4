"""Efficient-CapsNet as its authors train it, beside the plain training of the tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit import zoo
from toolkit.artifacts import Artifact
from toolkit.paper import plan
from toolkit.paper.tables import Spread
from toolkit.paper.training_run import Result


@dataclass(frozen=True)
class AuthorsRow(Artifact):
    """One training.

    Attributes:
        recipe: "paper", plain images, or "authors", images that are changed as its authors do.
        seed, epochs: of it.
        end: accuracy of the float32 file on the test images, 0 to 1.
        highest, at: of the curve on the test images, and its epoch from 1: what choosing on them would claim.
        passed: the first epoch after which the curve is as high as the paper's figure; None: never.
        external: right answers of the ten external images.
        training: accuracy on the training images during the last epoch.
    """

    recipe: str
    seed: int
    epochs: int
    end: float
    highest: float
    at: int
    passed: int | None
    external: int
    training: float


def rows(results: dict[str, Result]) -> tuple[AuthorsRow, ...]:
    """Those that are trained: the plain ones of the tables, then the authors'."""
    return tuple(_row(result) for result in followed(results))


def followed(results: dict[str, Result]) -> tuple[Result, ...]:
    """The trainings of `rows`, whose curves can be drawn."""
    runs = [run for run in (*plan.tables(), *plan.authors()) if run.model == plan.CAPSULES]
    return tuple(results[run.key] for run in runs if run.key in results)


def claimed() -> float:
    """The accuracy that the paper prints."""
    return zoo.get(plan.CAPSULES).paper[0].valid


def _row(result: Result) -> AuthorsRow:
    highest = max(result.curve)
    return AuthorsRow(
        recipe=result.run.recipe,
        seed=result.run.seed,
        epochs=result.run.epochs,
        end=result.accuracy["float32"],
        highest=highest,
        at=result.curve.index(highest) + 1,
        passed=next((place for place, value in enumerate(result.curve, 1) if value >= claimed()), None),
        external=result.external.get("float32", 0),
        training=result.training_curve[-1],
    )


HEADINGS = (
    "images",
    "seed",
    "epochs",
    "at the end, %",
    "highest epoch, %",
    "passes the paper's",
    "external",
    "training, %",
)


def cells(found: Iterable[AuthorsRow]) -> list[tuple[str, ...]]:
    """The lines of a table under HEADINGS."""
    return [
        (
            "as they are" if row.recipe == plan.PAPER else "changed",
            str(row.seed),
            str(row.epochs),
            f"{100 * row.end:.2f}",
            f"{100 * row.highest:.2f} (epoch {row.at})",
            "never" if row.passed is None else f"epoch {row.passed}",
            f"{row.external}/10",
            f"{100 * row.training:.2f}",
        )
        for row in found
    ]


def lines(found: Iterable[AuthorsRow]) -> list[str]:
    """Of the page, in Markdown."""
    found = tuple(found)
    ends = [row.end for row in found if row.recipe != plan.PAPER]
    return [
        "| " + " | ".join(HEADINGS) + " |",
        "|---|" + "--:|" * (len(HEADINGS) - 1),
        *("| " + " | ".join(each) + " |" for each in cells(found)),
        "",
        f"Changed images, mean of {len(ends)} seeds: {100 * Spread.of(ends).mean:.2f} %."
        if ends
        else "Not yet trained on changed images.",
    ]
