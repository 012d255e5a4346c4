"""A driver for labgrid, as a farm may have one for any board: it hands an image to whoever boots the board.

Read by labgrid-client itself, in labgrid's environment, by `imports:` of the file that LG_ENV names.
"""

import socket
from typing import ClassVar

import attr
from labgrid.driver.common import Driver
from labgrid.factory import target_factory
from labgrid.protocol import BootstrapProtocol


@target_factory.reg_driver
@attr.s(eq=False)
class StationBootDriver(Driver, BootstrapProtocol):  # type: ignore[misc]
    """Tells the station beside the place's serial port to boot an image."""

    bindings: ClassVar = {"serial": "NetworkSerialPort"}
    control = attr.ib(validator=attr.validators.instance_of(int))

    @Driver.check_active  # type: ignore[untyped-decorator]
    def load(self, filename: str | None = None) -> None:
        """Send the path, wait until the board runs it."""
        with socket.create_connection(("127.0.0.1", self.control), timeout=60) as link:
            link.sendall(f"{filename}\n".encode())
            answer = link.makefile().readline().strip()
        if answer != "running":
            raise RuntimeError(f"the station did not boot it: {answer}")
