"""``microdns completion``: completion for the user's shell."""

import click
from click.shell_completion import get_completion_class

from microdns.cli.settings import common_options


@click.command(short_help="Print a completion script for your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script.

    \b
    bash:  microdns completion bash > ~/.local/share/bash-completion/completions/microdns
    zsh:   microdns completion zsh > ~/.zfunc/_microdns
    fish:  microdns completion fish > ~/.config/fish/completions/microdns.fish
    """
    from microdns.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(found(cli, {}, "microdns", "_MICRODNS_COMPLETE").source())


common_options(completion)
