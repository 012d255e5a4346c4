"""Boards of a labgrid farm: `labgrid://PLACE`, or `labgrid://COORDINATOR:PORT/PLACE`.

labgrid is asked through its own program, `labgrid-client`, in an environment of its own: it brings a fork of pyserial
that would replace ours. Its words are those of labgrid 26 (`labgrid-client show` prints each resource as a Python
dictionary); coordinator, user and proxy are told to it by its own variables: LG_COORDINATOR, LG_USERNAME, LG_ENV.

A place is acquired before its port is opened, and released at the end of the command if it was not the user's before.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from toolkit import process
from toolkit.errors import LinkError, ToolError

SCHEME = "labgrid://"
PROGRAM = "labgrid-client"
ASK_SECONDS = 30.0
POWER_SECONDS = 60.0
FLASH_SECONDS = 300.0

_RESOURCE = re.compile(
    r"^(?:Acquired|Matching) resource '.*?' \((?P<path>.*)\):\n(?P<told>(?:[ \t].*\n?)+)", re.MULTILINE
)
_SERIAL = "NetworkSerialPort"
_POWER = ("PowerPort", "USBHub", "SysfsGPIO", "ModbusTCPCoil")
"""Ends of the names of labgrid's resources that `labgrid-client power` can switch."""

# By place: how many blocks of `held` are open on it, and whether it was acquired here.
_holders: dict[Place, int] = {}
_ours: set[Place] = set()


@dataclass(frozen=True)
class Place:
    """One board of a farm.

    Attributes:
        name: labgrid's, or an alias of it.
        coordinator: HOST:PORT, empty for LG_COORDINATOR or labgrid's own default.
    """

    name: str
    coordinator: str = ""

    def ask(self, *words: str, seconds: float = ASK_SECONDS, drivers: bool = False) -> str:
        """Run labgrid-client on this place, and return what it printed.

        Args:
            drivers: with the file that LG_ENV names. Else without it: `acquire` and `release` would take all places of
                that file, and not this one.

        Raises:
            ToolError: it is not installed, or did not end.
            LinkError: it refused; the message quotes it.
        """
        at = ("-x", self.coordinator) if self.coordinator else ()
        env = None if drivers else {name: value for name, value in os.environ.items() if name != "LG_ENV"}
        done = process.run([PROGRAM, *at, "-p", self.name, *words], timeout=seconds, env=env, check=False)
        if done.returncode != 0:
            raise LinkError(f"labgrid, {self.name}: {_told(done)}", f"{PROGRAM} -p {self.name} show")
        return done.stdout

    def resources(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """What the place has: (class, parameters) of each resource."""
        found = []
        for each in _RESOURCE.finditer(self.ask("show")):
            try:
                told = ast.literal_eval(each["told"].strip())
            except (ValueError, SyntaxError):
                continue
            if isinstance(told, dict) and isinstance(told.get("params"), dict):
                found.append((str(told.get("cls", "")), told["params"]))
        return tuple(found)

    def has(self, *ends: str) -> bool:
        """Whether it has a resource whose class's name ends so."""
        return any(cls.endswith(ends) for cls, _ in self.resources())

    def has_power(self) -> bool:
        """Whether its power can be switched."""
        return self.has(*_POWER)


def is_place(port: str | None) -> bool:
    """Whether a port is named by a place of a farm."""
    return port is not None and port.startswith(SCHEME)


def parse(url: str) -> Place:
    """The place that a URL names.

    Raises:
        LinkError: it names none.
    """
    rest = url.removeprefix(SCHEME)
    try:
        parts = urlsplit(f"//{rest}")
        coordinator, name = (parts.netloc, parts.path.strip("/")) if parts.path.strip("/") else ("", parts.netloc)
        _ = parts.port if coordinator else None
    except ValueError:
        name = ""
        coordinator = ""
    if not name or name.startswith("-") or coordinator.startswith("-"):
        raise LinkError(f"{url} names no place", f"write it as {SCHEME}PLACE, or {SCHEME}HOST:PORT/PLACE")
    return Place(name, coordinator)


def _told(done: process.Completed) -> str:
    """The line of labgrid's error that says why."""
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line] or lines or ["it printed nothing"]
    last = telling[-1].removeprefix("labgrid-client: ").removeprefix("Server error: ").removeprefix("Error: ")
    return last[:1].lower() + last[1:]


def address(place: Place) -> str:
    """Where the place's serial port is now, as `open_transport` takes it.

    Raises:
        LinkError: it has none, or its exporter is away.
    """
    ports = [params for cls, params in place.resources() if cls == _SERIAL]
    hint = f"{PROGRAM} -p {place.name} show; its exporter may be off, or no ser2net be installed there"
    if not ports:
        raise LinkError(f"labgrid, {place.name}: the place has no serial port", hint)
    if len(ports) > 1:
        raise LinkError(f"labgrid, {place.name}: the place has {len(ports)} serial ports", "give the board's a place")
    told = ports[0]
    host, port, extra = told.get("host"), told.get("port"), told.get("extra")
    if not host or not port:
        raise LinkError(f"labgrid, {place.name}: its serial port is not served", hint)
    if isinstance(extra, dict) and extra.get("proxy_required"):
        raise LinkError(
            f"labgrid, {place.name}: its exporter is isolated",
            f"ssh -L {port}:{host}:{port} {extra.get('proxy')}, and --port socket://127.0.0.1:{port}",
        )
    shown = f"[{host}]" if ":" in str(host) else str(host)
    return f"socket://{shown}:{port}" if told.get("protocol") == "raw" else f"rfc2217://{shown}:{port}"


@contextlib.contextmanager
def held(ports: Sequence[str | None]) -> Iterator[None]:
    """Have every place among these ports for the block; other ports are no concern of this.

    A place that the user has acquired before stays so. Blocks may lie in one another.

    Raises:
        ToolError, LinkError: labgrid-client is missing, or a place is not to be had: somebody else has it.
    """
    places = [parse(port) for port in dict.fromkeys(ports) if port is not None and is_place(port)]
    taken: list[Place] = []
    try:
        for place in places:
            _take(place)
            taken.append(place)
        yield
    finally:
        for place in reversed(taken):
            _give_back(place)


def _take(place: Place) -> None:
    if _holders.get(place, 0) == 0:
        try:
            place.ask("acquire")
            _ours.add(place)
        except LinkError as caught:
            if "you have already acquired" not in caught.message:
                raise LinkError(
                    caught.message, f"{PROGRAM} who shows who has it; {PROGRAM} reserve waits for one"
                ) from None
    _holders[place] = _holders.get(place, 0) + 1


def _give_back(place: Place) -> None:
    _holders[place] -= 1
    if _holders[place] == 0 and place in _ours:
        _ours.discard(place)
        with contextlib.suppress(LinkError, ToolError):  # the farm is away: it forgets who had the place
            place.ask("release")


def cycle(place: Place) -> None:
    """Switch its power off and on again.

    Raises:
        ToolError, LinkError: as `Place.ask`.
    """
    place.ask("power", "cycle", seconds=POWER_SECONDS, drivers=True)


def write_to_drive(place: Place, file: Path) -> None:
    """Copy a file onto the board's drive, by labgrid's USBStorageDriver on the exporter's computer."""
    place.ask("write-files", "-p", "0", str(file), seconds=FLASH_SECONDS, drivers=True)


def bootstrap(place: Place, image: Path) -> None:
    """Hand an image to the place's BootstrapProtocol driver: OpenOCD or what LG_ENV names."""
    place.ask("bootstrap", str(image), seconds=FLASH_SECONDS, drivers=True)
