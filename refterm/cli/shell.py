"""`refterm completion`: what a shell must know to complete commands, options and fixed words."""

from __future__ import annotations

import click

from refterm.cli.base import command
from refterm.cli.main import COMPLETION
from refterm.i18n import _

SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    more=_(
        'bash: eval "$(refterm completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc; fish: refterm'
        " completion fish > ~/.config/fish/completions/refterm.fish"
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_(context: click.Context, shell: str) -> None:
    """Print the completion of a shell."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(context.find_root().command, {}, "refterm", COMPLETION).source())
