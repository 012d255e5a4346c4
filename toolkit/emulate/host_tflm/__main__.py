"""`python -m toolkit.emulate.host_tflm LIBRARY MODEL --tcp 0`: see the package."""

from __future__ import annotations

import sys
from pathlib import Path

from toolkit.emulate.host_tflm import serve
from toolkit.errors import TinymlError

_USAGE = 2


def main(argv: list[str]) -> int:
    """Serve until the process is ended."""
    if len(argv) < 3:
        sys.stderr.write("usage: python -m toolkit.emulate.host_tflm LIBRARY MODEL --tcp PORT | --pty [--once]\n")
        return _USAGE
    try:
        serve(Path(argv[0]), Path(argv[1]), argv[2:])
    except TinymlError as error:
        sys.stderr.write(f"{error.message} ({error.hint})\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
