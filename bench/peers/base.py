"""What every peer offers, and the one place that finds them."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from toolkit import process
from toolkit.artifacts import DType, ModelFile
from toolkit.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv-peers"
"""Where `make bench` installs requirements.txt: the peers' own dependencies are no concern of the toolkit's."""

_SECONDS = 300.0


class NotForThisNetworkError(Exception):
    """The peer lacks an operator or type of the network; said in one line."""


@dataclass(frozen=True)
class Sources:
    """A network as a peer has it.

    Attributes:
        files: file name -> text of the project's folder src/model: model.h (see `header`), what defines its functions
            and what these need.
        stack_bytes: to be kept for the stack; 0 is the board's own.
        foreign: C that another tool wrote, whose warnings are not ours to mend.
    """

    files: Mapping[str, str]
    stack_bytes: int = 0
    foreign: bool = False


class Peer(Protocol):
    """A module of this package with these names."""

    NAME: str
    DTYPES: tuple[DType, ...]

    def title(self) -> str:
        """Name and version, as the table has them."""

    def generate(self, model: ModelFile, folder: Path) -> Sources:
        """The network's C.

        Args:
            folder: empty, for what the peer's own tools read and write.

        Raises:
            NotForThisNetworkError: the peer lacks something.
            ToolError: the peer's own tool failed.
        """


def names() -> tuple[str, ...]:
    """Every peer's module, sorted."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in found if name != "base"))


def load(name: str) -> Peer:
    """The peer of this name."""
    return cast(Peer, importlib.import_module(f"bench.peers.{name}"))


def in_environment(*arguments: str) -> str:
    """What Python in the peers' environment prints, run in the root of this checkout.

    Raises:
        ToolError: it is not installed, or failed.
    """
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise ToolError(f"{ENVIRONMENT.name} is missing", "make bench installs it")
    return process.run([str(python), *arguments], timeout=_SECONDS, cwd=ROOT).stdout


@functools.cache
def version(package: str) -> str:
    """Of a package in the peers' environment."""
    return in_environment("-c", f"import importlib.metadata; print(importlib.metadata.version({package!r}))").strip()


def header(dtype: DType, input_bytes: int, output_bytes: int, arena_bytes: int) -> str:
    """model.h as firmware/engine/aot_engine.c wants it: the engine of our own compiler serves the peers too.

    Args:
        arena_bytes: RAM for tensors and scratch that is reserved statically.
    """
    kind = "ENGINE_INT8" if dtype is DType.INT8 else "ENGINE_FLOAT32"
    return f"""/* model.h: made for make bench. A peer's network behind engine.h. */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#define MODEL_INPUTS 1u
#define MODEL_OUTPUTS 1u
#define MODEL_ENDS {{{input_bytes}u, {kind}, {{0}}}}, {{{output_bytes}u, {kind}, {{0}}}}
#define MODEL_ARENA_BYTES {arena_bytes}u
#define MODEL_LAYERS 0u /* a peer tells of none */
#define MODEL_ROW_BYTES 0u

uint8_t *model_input(uint8_t index);
void model_invoke(void);
const uint8_t *model_output(uint8_t index);

typedef void model_watch_t(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole);
static inline void model_trace(model_watch_t *watch) {{ (void)watch; }}

#endif
"""
