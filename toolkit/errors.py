"""Every error that a user can cause, as one tree.

    TinymlError                exit 1   one line, and a hint: what to try
    ├── DatasetError                    a file missing, truncated, wrong checksum; an image that is no image
    ├── BoardError                      a board file or a board's name
    ├── ModelError                      a model's name, a .tflite that is broken or not supported
    ├── TrainError                      training or conversion
    ├── ProjectError                    the project folder could not be made
    ├── ToolError                       an outside program missing, failed, timed out
    │   └── BuildError                  the compiler refused the project
    ├── ChangedFileError                a model, image or record that is not the one that was built
    ├── FlashError                      the upload
    ├── EmulatorError                   an emulator that did not start, or died
    ├── LinkError                       the serial link: port, silence, protocol
    │   └── StaleFirmwareError          the device runs another build or another model
    ├── ProjectFileError                tinyml.toml: no TOML, an unknown key, a bad value
    ├── UsageError             exit 2   an option that cannot apply here
    ├── DoesNotFitError        exit 3   too big for the board
    ├── NotProvenError         exit 4   verified and found wanting: an output is missing or differs
    │   └── WeakProofError              all equal, but the inputs show little
    ├── MissedGateError        exit 4   proven or built, and a bound of the user's own is not kept
    ├── WorseError             exit 4   compared, and worse than it was
    └── UndecidedError         exit 5   cannot be decided on this computer

The command line maps an error to its exit code and prints `message`, then `hint`; nothing else prints.
"""

from __future__ import annotations

from typing import ClassVar


class TinymlError(Exception):
    """The root: a message in one line, and a hint that says what to try.

    Args:
        message: what went wrong, one line, naming the file, key, port or tool.
        hint: what the user can try, one line; empty only where nothing can be tried.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class DatasetError(TinymlError):
    """A data file or an image that is missing, truncated or not what it should be."""


class BoardError(TinymlError):
    """A board that is not known, or a board file with a wrong key or value."""


class ModelError(TinymlError):
    """A model that is not known, broken, or made of something that is not supported."""


class TrainError(TinymlError):
    """Training or conversion could not be done."""


class ProjectError(TinymlError):
    """The firmware project could not be generated."""


class ToolError(TinymlError):
    """An outside program is missing, failed, or did not end in time."""


class BuildError(ToolError):
    """The compiler or linker refused the project."""


class ChangedFileError(TinymlError):
    """A model, an image or a record that is missing, or is not the one that was built."""


class FlashError(TinymlError):
    """The upload to the board failed."""


class EmulatorError(TinymlError):
    """An emulator did not start, or died."""


class LinkError(TinymlError):
    """The serial link: a port that cannot be opened, silence, or a peer that is no tinyml device."""


class StaleFirmwareError(LinkError):
    """The device runs another build, or another model, than the one to be verified."""


class ProjectFileError(TinymlError):
    """A project file, tinyml.toml, that is no TOML or says what is not known."""


class UsageError(TinymlError):
    """An option that cannot apply to this network or board: refused, never ignored."""

    exit_code = 2


class DoesNotFitError(TinymlError):
    """The firmware is larger than the board; the message says by how much."""

    exit_code = 3


class NotProvenError(TinymlError):
    """The run ended and at least one output is missing or differs from the host's."""

    exit_code = 4


class WeakProofError(NotProvenError):
    """Every output equals the host's, but the inputs gave so few distinct ones that it shows little."""


class MissedGateError(TinymlError):
    """Built, or proven, and a bound that the user set is not kept, or cannot be measured."""

    exit_code = 4


class WorseError(TinymlError):
    """Compared with what was kept, and worse by more than is allowed."""

    exit_code = 4


class UndecidedError(TinymlError):
    """The run ended, but the interpreter that could judge it cannot be had on this computer."""

    exit_code = 5
