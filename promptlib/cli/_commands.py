"""Commands found by the names of their files, imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, TypeVar

import click

from promptlib.cli._inputs import Asked
from promptlib.cli._session import Session

__all__ = ["Command", "Commands", "PromptCommand", "model_option", "ref_argument"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Helpful(click.Command):
    """Shows examples at the end of its help, and `--version`."""

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.examples = tuple(examples)
        self.params = [*self.params, _version_option()]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, a line each."""
        del ctx
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class Commands(_Helpful, click.Group):
    """The commands of a folder: `name.py`, or a folder `name`, has the command `name`.

    Each module holds its command in a variable `command`; one whose name begins with an underscore
    is none.
    """

    def __init__(self, *, package: str, folder: Path, **options: Any) -> None:
        super().__init__(**options)
        self._package = package
        self._folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, sorted."""
        del ctx
        found = (module.name for module in iter_modules([str(self._folder)]))
        return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a name that is nearly one."""
        names = self.list_commands(ctx)
        if not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in names:
            near = get_close_matches(args[0], names, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without arguments, the help is what was needed; scripts see by the code that it was not."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)


class Command(_Helpful):
    """A command with the options that all have; its function gets a Session first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.params = [*self.params[:-1], *_session_options(), self.params[-1]]

    def invoke(self, ctx: click.Context) -> Any:
        """Gather the common options into a Session, then run."""
        names = ("registry", "drafts", "json")
        ctx.obj = Session(**{name: ctx.params.pop(name) for name in names})
        return super().invoke(ctx)


class PromptCommand(Command):
    """A command that renders; its function gets `asked`, what there is to render with."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.params = [*_input_options(), *self.params]

    def invoke(self, ctx: click.Context) -> Any:
        """Gather the options for rendering into `asked`, then run."""
        names = ("var", "variables", "case", "persona", "history", "unit")
        ctx.params["asked"] = Asked(**{name: ctx.params.pop(name) for name in names})
        return super().invoke(ctx)


def model_option(*, multiple: bool = False) -> Callable[[_Function], _Function]:
    """The option `--model`."""
    more = " May be given several times." if multiple else ""
    text = f"provider/model, instead of the prompt's own.{more}"
    return click.option("--model", metavar="MODEL", multiple=multiple, help=text)


def ref_argument(*, required: bool = True) -> Callable[[_Function], _Function]:
    """The argument REF, completed by the shell to names of prompts."""
    return click.argument("ref", required=required, shell_complete=_names)


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from promptlib.errors import PromptlibError

    del param
    session = Session(registry=ctx.params.get("registry"))
    try:
        return [name for name in session.open().names() if name.startswith(incomplete)]
    except PromptlibError:
        return []


def _session_options() -> list[click.Parameter]:
    where = "Folder of the templates; [tool.promptlib] registry in pyproject.toml, else templates."
    return [
        click.Option(["--registry"], metavar="URL", help=where),
        click.Option(["--drafts"], metavar="DIR", help="Folder of drafts laid over a shared registry."),
        click.Option(["--json"], is_flag=True, help="Print JSON, errors too."),
    ]


def _input_options() -> list[click.Parameter]:
    value = "A value, read by the input's type; JSON for arrays and objects. @FILE reads a file, @@ is @."
    return [
        click.Option(["--var"], metavar="NAME=VALUE", multiple=True, help=value),
        click.Option(["--vars", "variables"], metavar="FILE", help="A JSON object of values; - is stdin."),
        click.Option(["--case"], metavar="ID", help="Values of one of the prompt's cases."),
        click.Option(["--persona"], metavar="NAME", help="One of the prompt's personas."),
        click.Option(["--history"], metavar="FILE", help="The conversation: a JSON list of messages."),
        click.Option(["--unit"], metavar="ID", help="User or session, for experiments."),
    ]


def _version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Show the version and exit.",
    )


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001  (click's signature)
    del param
    if value and not ctx.resilient_parsing:
        from promptlib import __version__

        click.echo(f"promptlib {__version__}")
        ctx.exit()
