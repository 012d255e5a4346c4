"""A client of the device at a port, as users name ports: a device file, a URL, or a place of a farm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from toolkit.board import Board
from toolkit.link import labgrid
from toolkit.link.client import Client
from toolkit.link.timing import Bounds
from toolkit.link.transport import open_transport


@contextmanager
def reach(board: Board, port: str, bounds: Bounds | None = None) -> Iterator[Client]:
    """A client for the block; a place is held as long, and nothing else is opened before it is needed.

    Raises:
        LinkError, ToolError: the place is not to be had.
    """
    with labgrid.held((port,)), closing(_client(board, port, bounds)) as client:
        yield client


@contextmanager
def reach_all(board: Board, ports: Sequence[str]) -> Iterator[Mapping[str, Client]]:
    """The same for boards that share the work, by their ports."""
    with ExitStack() as stack:
        yield {port: stack.enter_context(reach(board, port)) for port in ports}


def _client(board: Board, port: str, bounds: Bounds | None) -> Client:
    return Client(partial(open_transport, port, board.serial.baud, board.serial.quiet), bounds)
