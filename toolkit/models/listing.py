"""The networks of the zoo beside what is trained of them, and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit import zoo
from toolkit.artifacts import ModelCard
from toolkit.models.finder import StoredModel, find
from toolkit.models.finder import stored as all_stored


@dataclass(frozen=True)
class Row:
    """A network of the zoo beside its card, if it is trained; or one that `tinyml train --keras` stored."""

    model: str
    title: str
    params: int
    trained: str | None
    card: ModelCard | None

    def size(self, dtype: str) -> str:
        """Bytes of the `.tflite`, or nothing."""
        found = self.card.sizes.get(f"{self.model}_{dtype}.tflite") if self.card else None
        return f"{found:,}" if found else ""

    def accuracy(self, key: str) -> str:
        """The score under `key` as a proportion, or nothing."""
        found = self.card.accuracy.get(key) if self.card else None
        return f"{found.correct / found.total:.4f}" if found else ""


def rows(workspace: Path) -> list[Row]:
    """The whole zoo, in its own order; then what else is stored, by name."""
    found = []
    for name in zoo.names():
        architecture = zoo.get(name)
        stored = find(name, workspace)
        found.append(
            Row(name, architecture.title, architecture.params, _where(stored), stored.card if stored else None)
        )
    others = (each for each in all_stored(workspace) if each.card.name not in zoo.names())
    return found + [Row(each.card.name, _own(each.card), each.card.params, _where(each), each.card) for each in others]


def _where(stored: StoredModel | None) -> str | None:
    return None if stored is None else ("shipped" if stored.shipped else "workspace")


def _own(card: ModelCard) -> str:
    """In place of a title: where it is built, and what its int8 file scores, as its data are seldom MNIST's."""
    found = card.accuracy.get("held_out_int8")
    return f"{card.architecture}{f', held out {found.correct / found.total:.4f} in int8' if found else ''}"
