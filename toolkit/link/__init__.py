"""The link to a device: framing, messages, transports, the client. It knows nothing of models.

client.py      what others use: hello, stream
stream.py      one stream of requests; window.py what is on the way; timing.py how long to wait
identity.py    what a device says of itself, held against the build
session.py     a port that is kept open, and the question who is there
framing.py     COBS and CRC-32; packbits.py; messages.py the definitions; header.py generates firmware/core/wire.h
serial_ports.py  which there are, and why one could not be opened
transport.py   sockets, serial ports; labgrid.py the places of a farm; reach.py a client of any of them
"""

from __future__ import annotations

from toolkit.link.client import Answer, Client, Request
from toolkit.link.identity import check_firmware, check_identity, check_sizes
from toolkit.link.messages import Hello, TickUnit
from toolkit.link.timing import Bounds
from toolkit.link.transport import Transport, TransportClosedError, open_transport

__all__ = [
    "Answer",
    "Bounds",
    "Client",
    "Hello",
    "Request",
    "TickUnit",
    "Transport",
    "TransportClosedError",
    "check_firmware",
    "check_identity",
    "check_sizes",
    "open_transport",
]
