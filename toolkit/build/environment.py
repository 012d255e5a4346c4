"""What the compilers are told by the environment: nothing that could change the image.

GNU make takes variables and options from there, GCC search paths, PlatformIO flags; the build id would know of none.
So builders run their programs with what is listed here and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

KEPT = frozenset(
    {
        # Where programs and their own libraries lie, and where they may write.
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
        *("PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "HOMEDRIVE", "HOMEPATH"),
        # The way to the cores and libraries that a sketch pins by version, where they are not there yet.
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("ARDUINO_DIRECTORIES_DATA", "ARDUINO_DIRECTORIES_DOWNLOADS", "ARDUINO_DIRECTORIES_USER"),
        *("PLATFORMIO_CORE_DIR", "PLATFORMIO_CACHE_DIR"),
        # TensorFlow Lite Micro's library; the project is generated for the one whose hash it holds.
        "TFLM_DIR",
    }
)
"""Names as POSIX has them in capitals; compared without regard to case, as Windows does and proxies need."""


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a builder's program.

    Args:
        environment: what there is; by default this process's own.

    Returns:
        What is KEPT of it, and LC_ALL=C: errors are told from other lines by the word.
    """
    given = os.environ if environment is None else environment
    return {name: value for name, value in given.items() if name.upper() in KEPT} | {"LC_ALL": "C"}
