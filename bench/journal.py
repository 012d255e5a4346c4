"""What a long run has found so far, in a file: an interrupted one goes on where nothing that matters has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Journal:
    """A JSON object {fingerprint, done: {key: what was found}}.

    Attributes:
        path: of the file.
        mark: a fingerprint of all that decides what is found; what was found under another one is forgotten.
    """

    path: Path
    mark: str
    done: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
            self.done = dict(known["done"]) if known["fingerprint"] == self.mark else {}
        except (OSError, ValueError, KeyError, TypeError):
            self.done = {}

    def keep(self, key: str, found: Any) -> None:
        """Write it down."""
        self.done[key] = found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"fingerprint": self.mark, "done": self.done}, indent=0), encoding="utf-8")
        fresh.replace(self.path)
