"""`python -m tests.portability.elsewhere SYSTEM [ARGUMENT ...]`: tinyml as it would find itself on another system.

To the modules of `toolkit`, and to no others, the standard library looks as it does there: `sys.platform`, what `os`,
`signal`, `select` and `socket` lack on Windows, which modules are missing, and which packages have no wheel. What the
other system has and this one has not (msvcrt) is played. Paths, files and processes stay this system's.

    elsewhere win32 boards --then models    runs these commands
    elsewhere win32 --all-help              the help of every command there is
    elsewhere win32 --all-modules           imports every module
"""

from __future__ import annotations

import builtins
import functools
import importlib.machinery
import importlib.util
import os
import pkgutil
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

MACHINES = {"win32": "AMD64", "darwin": "arm64", "intel-mac": "x86_64"}
"""By system as it is asked for; an Intel Mac is a darwin on which three packages have no wheel."""

NO_WHEEL: Mapping[str, frozenset[str]] = {
    "win32": frozenset({"tflite_micro"}),
    "darwin": frozenset({"tflite_micro"}),
    "intel-mac": frozenset({"tflite_micro", "ai_edge_litert", "tensorflow"}),
}

MISSING: Mapping[str, frozenset[str]] = {
    "win32": frozenset({"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}),
    "darwin": frozenset({"msvcrt", "winreg"}),
}
"""Modules of the standard library that are not there; of `os` and the like, see LACKS."""

_OS = """
    chown fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority
    getsid getuid killpg lchown mkfifo mknod nice openpty posix_spawn pread pwrite register_at_fork
    sched_getaffinity sched_setaffinity setegid seteuid setgid setpgid setpriority setsid setuid statvfs sync
    sysconf tcgetpgrp tcsetpgrp ttyname uname wait WIFEXITED WIFSIGNALED WEXITSTATUS WTERMSIG WNOHANG O_CLOEXEC
    O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC pipe2
"""
_SIGNAL = """
    SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm pause
    pthread_kill pthread_sigmask setitimer sigwait siginterrupt
"""

LACKS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "win32": {
        "os": frozenset(_OS.split()),
        "signal": frozenset(_SIGNAL.split()),
        "select": frozenset({"poll", "epoll", "kqueue", "POLLIN", "POLLHUP", "POLLOUT", "POLLERR"}),
        "socket": frozenset({"AF_UNIX", "SO_REUSEPORT", "MSG_DONTWAIT", "MSG_NOSIGNAL"}),
        "time": frozenset({"clock_gettime", "tzset", "pthread_getcpuclockid"}),
    },
    "darwin": {
        "os": frozenset({"sched_getaffinity", "sched_setaffinity", "pipe2", "memfd_create"}),
        "select": frozenset({"epoll"}),
        "socket": frozenset({"MSG_NOSIGNAL", "SOCK_CLOEXEC", "SOCK_NONBLOCK"}),
    },
}

VIRTUAL_BOARDS = ("toolkit.emulate.terminal", "toolkit.emulate.nano33.", "toolkit.emulate.rp2040js.")
"""Only their own processes import these: their ports are pseudo-terminals, which `emulate.base.needs_pty` asks for."""


class _View(types.ModuleType):
    """A module as it is on another system."""

    def __init__(self, module: types.ModuleType, lacks: frozenset[str], other: Mapping[str, Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update({"_module": module, "_lacks": lacks, "_other": other})

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["_lacks"]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on that system")
        other = self.__dict__["_other"]
        return other[name] if name in other else getattr(self.__dict__["_module"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_module"], name, value)


def _msvcrt() -> types.ModuleType:
    """Its locks of a file, played with this system's."""
    import fcntl

    module: Any = types.ModuleType("msvcrt")
    module.LK_NBLCK = 2

    def locking(handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (module.LK_NBLCK, 1)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as caught:
            raise PermissionError(13, "Permission denied") from caught

    module.locking = locking
    found: types.ModuleType = module
    return found


class _Kernel:
    """What is asked of Windows' kernel about a process, answered from /proc."""

    def __init__(self) -> None:
        self.OpenProcess = functools.partial(self._opened)  # which takes attributes, as a function of ctypes does
        self.CloseHandle = functools.partial(self._closed)

    def _opened(self, _access: int, _inherit: bool, pid: int) -> int:
        return pid if self._fields(pid) else 0

    def _closed(self, _handle: Any) -> int:
        return 1

    @staticmethod
    def _fields(pid: int) -> list[str]:
        try:
            return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return []

    def GetProcessTimes(self, handle: Any, *times: Any) -> int:  # noqa: N802 - its name there
        fields = self._fields(handle.value)
        if fields:
            times[0]._obj.value = int(fields[19])
        return int(bool(fields))

    def GetExitCodeProcess(self, handle: Any, code: Any) -> int:  # noqa: N802
        fields = self._fields(handle.value)
        code._obj.value = 259 if fields and fields[0] not in "ZX" else 0
        return 1


def _platform(system: str) -> str:
    return "darwin" if system == "intel-mac" else system


def views(system: str) -> dict[str, types.ModuleType]:
    """By name: the modules that `toolkit` sees otherwise."""
    machine = MACHINES[system]
    system = _platform(system)
    other: dict[str, dict[str, Any]] = {
        "sys": {"platform": system},
        "platform": {
            "system": lambda: {"win32": "Windows", "darwin": "Darwin"}[system],
            "machine": lambda: machine,
        },
    }
    if system == "win32":
        other["os"] = {"O_BINARY": 0, "name": "nt"}
        other["subprocess"] = {"CREATE_NEW_PROCESS_GROUP": 0}  # nothing else is taken for creationflags here
        other["ctypes"] = {"windll": types.SimpleNamespace(kernel32=_Kernel())}
    names = {*other, *LACKS[system]}
    seen: dict[str, types.ModuleType] = {
        name: _View(importlib.import_module(name), LACKS[system].get(name, frozenset()), other.get(name, {}))
        for name in names
    }
    if system == "win32":
        seen["msvcrt"] = _msvcrt()
    return seen


def move_to(system: str) -> None:
    """From here on `toolkit` is on that system; none of its modules may have been imported before."""
    assert not any(name.partition(".")[0] == "toolkit" for name in sys.modules)
    seen, missing, sound = views(system), MISSING[_platform(system)], builtins.__import__

    def imported(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        asks = str((globals or {}).get("__name__", ""))
        if asks.partition(".")[0] == "toolkit" and level == 0:
            if name.partition(".")[0] in missing:
                raise ModuleNotFoundError(f"No module named {name!r} on {system}", name=name)
            if name in seen:
                return seen[name]
        return sound(name, globals, locals, fromlist, level)

    builtins.__import__ = imported  # type: ignore[assignment]
    finds = importlib.machinery.PathFinder.find_spec

    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        return None if name.partition(".")[0] in NO_WHEEL[system] else finds(name, path, target)

    importlib.machinery.PathFinder.find_spec = find_spec  # type: ignore[assignment, method-assign]


def _every_module() -> list[str]:
    import toolkit

    names = [each.name for each in pkgutil.walk_packages(toolkit.__path__, "toolkit.", onerror=lambda _: None)]
    return [name for name in names if not name.endswith(".__main__") and not name.startswith(VIRTUAL_BOARDS)]


def _every_help(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    return [path, *(line for name, each in below.items() for line in _every_help(each, (*path, name)))]


def _all_modules() -> None:
    names = _every_module()
    for name in names:
        importlib.import_module(name)
    print(f"{len(names)} modules")


def _all_help() -> None:
    import typer

    from toolkit.cli import main as tinyml

    commands = _every_help(typer.main.get_command(tinyml.app))
    for path in commands:
        _to_its_end(functools.partial(tinyml.app, [*path, "--help"]))
    print(f"{len(commands)} commands")


def _to_its_end(command: Callable[[], object]) -> None:
    try:
        command()
    except SystemExit as ended:
        if ended.code:
            raise


def run(arguments: list[str]) -> None:
    """One command; SystemExit with its exit code where that is not 0."""
    if arguments in (["--all-modules"], ["--all-help"]):
        return _all_modules() if arguments == ["--all-modules"] else _all_help()
    from toolkit.cli import main as tinyml

    sys.argv = ["tinyml", *arguments]
    _to_its_end(tinyml.main)
    return None


def main(system: str, arguments: list[str]) -> None:
    """Commands one after the other, with "--then" between them."""
    move_to(system)
    for command in " ".join(arguments).split(" --then "):
        print(f"$ {command}", flush=True)
        run(command.split())


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    main(sys.argv[1], sys.argv[2:])
