"""What commands take from a project file: its keys are the defaults of the options of the same names."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from toolkit.cli import output


class Command(TyperCommand):
    """A command whose options have the project file's values as defaults; what the command line says wins."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the file before any option is looked at; an option needs to know no more of it than of a default."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        if not ctx.resilient_parsing and not given.get("help"):
            ctx.default_map = self._defaults(ctx, given)
        return super().parse_args(ctx, args)

    def _defaults(self, ctx: Any, given: dict[str, Any]) -> dict[str, Any]:
        from toolkit import projectfile

        own = next(each for each in self.params if "--project" in each.opts)
        project = projectfile.find(own.process_value(ctx, given.get(own.name)))
        if project is None:
            return {}
        aside = _set_aside(given, project.told.board)
        by_option = {projectfile.option(key): value for key, value in project.said().items() if key not in aside}
        told = {
            each.name: _as_taken(each, by_option[spelling])
            for each in self.params
            for spelling in each.opts
            if spelling in by_option
        }
        output.say(f"{project.path} is read")
        # What is made lies beside the file, wherever the command is called.
        return {"workspace_folder": str(project.path.parent), **told}


def _set_aside(given: dict[str, Any], board: str | None) -> frozenset[str]:
    """The keys that this command line leaves without a meaning.

    Another board has other ports; a port that is named is no emulator's; with --stop nothing is flashed.
    """
    from toolkit import projectfile

    named = given.get("board", board)
    if (named[0] if isinstance(named, list) and len(named) == 1 else named) != board:
        return frozenset(projectfile.OF_THE_BOARD)
    if given.keys() & {"port", "virtual", "stop_only"}:
        return frozenset({"port", "emulate", "method"})
    return frozenset()


def _as_taken(parameter: Any, value: Any) -> Any:
    """A value as this option takes it: several by repetition, or separated by commas."""
    if parameter.multiple:
        return value if isinstance(value, list) else [value]
    return ",".join(value) if isinstance(value, list) else value


def helps(app: typer.Typer) -> dict[str, str]:
    """By option, "--scale": its help, of the commands that read a project file, the first that has it."""
    group: Any = typer.main.get_command(app)
    readers = [command for command in group.commands.values() if isinstance(command, Command)]
    parameters: list[Any] = [each for command in readers for each in command.params]
    found: dict[str, str] = {}
    for each in parameters:
        for spelling in each.opts if getattr(each, "help", None) else ():
            found.setdefault(spelling, each.help)
    return found
