"""The networks of the zoo beside what is trained of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit import zoo
from toolkit.artifacts import ModelCard
from toolkit.models.finder import find


@dataclass(frozen=True)
class Row:
    """A network of the zoo beside its card, if it is trained."""

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
    """The whole zoo, in its own order."""
    found = []
    for name in zoo.names():
        architecture = zoo.get(name)
        stored = find(name, workspace)
        where = None if stored is None else ("shipped" if stored.shipped else "workspace")
        found.append(Row(name, architecture.title, architecture.params, where, stored.card if stored else None))
    return found
