"""What the study consists of: which runs make the tables, and which answer the open questions."""

from __future__ import annotations

from toolkit import train as training
from toolkit import zoo
from toolkit.paper.records import TrainingRun

SEEDS = (1, 2, 3)
"""Of every network of the tables but the slow one."""

SLOW = {"efficient-capsnet": (1,)}
"""One epoch of it takes minutes on a desktop processor: one seed."""

LONG_EPOCHS = {"squeezenet": 40, "efficient-capsnet": 40}
"""The two largest networks are followed to 40 epochs, the others to 100."""

PAPER, PAPER_EPOCHS = training.PAPER.name, training.PAPER.epochs

CAPSULES = "efficient-capsnet"


def seeds_of(model: str) -> tuple[int, ...]:
    """The seeds that a network is trained with for the tables."""
    return SLOW.get(model, SEEDS)


def tables() -> tuple[TrainingRun, ...]:
    """Every network by the paper's recipe, the quick ones first."""
    return tuple(
        TrainingRun(model, training.PAPER.name, PAPER_EPOCHS, seed)
        for model in zoo.of_the_paper()
        for seed in seeds_of(model)
    )


def best() -> tuple[TrainingRun, ...]:
    """The proposed network by the best recipe."""
    return tuple(TrainingRun("proposed", training.BEST.name, training.BEST.epochs, seed) for seed in SEEDS)


def authors() -> tuple[TrainingRun, ...]:
    """Efficient-CapsNet with its authors' changes of the images, as many epochs as in the tables."""
    recipe = training.AUTHORS
    return tuple(TrainingRun(CAPSULES, recipe.name, recipe.epochs, seed) for seed in SEEDS)


def epochs() -> tuple[TrainingRun, ...]:
    """Every network followed further, first seed: the same training as in the tables, gone on with."""
    return tuple(
        TrainingRun(model, training.PAPER.name, LONG_EPOCHS.get(model, 100), seeds_of(model)[0])
        for model in zoo.of_the_paper()
    )


def harder() -> tuple[TrainingRun, ...]:
    """Every network on Fashion-MNIST by the paper's recipe, first seed."""
    return tuple(
        TrainingRun(model, training.PAPER.name, PAPER_EPOCHS, seeds_of(model)[0], "fashion-mnist")
        for model in zoo.of_the_paper()
    )
