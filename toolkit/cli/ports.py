"""`tinyml ports`: what is connected."""

from __future__ import annotations

from pathlib import Path

import typer

from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("ports")
    def command(json: options.Json = False) -> None:
        """List the serial ports, and which known board is on each."""
        from toolkit import board as boards
        from toolkit.artifacts import to_jsonable
        from toolkit.link.serial_ports import connected_ports

        ids = {
            usb: f"{board.id}{mode}"
            for board in boards.load_all(Path())
            for mode, known in (("", board.usb.application), (" (bootloader)", board.usb.bootloader))
            for usb in known
        }
        found = [(port, ids.get(port.usb_id, "")) for port in connected_ports()]
        if json:
            output.data([to_jsonable(port) | {"board": board or None} for port, board in found])
        elif not found:
            output.line("no serial port is connected")
        else:
            from toolkit.cli import tables

            tables.show(
                ("port", "usb", "serial number", "board", "product"),
                [(port.device, port.usb_id, port.serial_number, board, port.product) for port, board in found],
            )
