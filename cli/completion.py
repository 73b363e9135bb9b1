"""`snapharbor completion`."""

import click
from click.shell_completion import ShellComplete, get_completion_class

from .output import write


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")), metavar="SHELL")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a shell's completion script.

    \b
    bash: eval "$(snapharbor completion bash)"     in ~/.bashrc
    zsh:  eval "$(snapharbor completion zsh)"      in ~/.zshrc
    fish: snapharbor completion fish | source      in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # every choice is one that click brings
    script = kind(ctx.find_root().command, {}, "snapharbor", "_SNAPHARBOR_COMPLETE")
    # Not the subclass's own source(): that of bash starts a process to look at its version.
    write(ShellComplete.source(script))
