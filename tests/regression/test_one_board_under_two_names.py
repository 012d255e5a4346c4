"""A board named by its port and by a link to it was opened twice, and "in use by another program"."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import LinkError
from toolkit.link.serial_ports import check_distinct


def test_it_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    link = tmp_path / "usb-Arduino_Nano"
    link.symlink_to(port)
    with pytest.raises(LinkError, match="are one port"):
        check_distinct([str(port), str(link)])
    check_distinct([str(port), str(tmp_path / "ttyACM1"), "socket://127.0.0.1:5", "socket://127.0.0.1:6"])
