"""`completion`: print the script that lets a shell complete commands, options and profile names."""

from __future__ import annotations

import click

from arka_config.cli.runtime.command import Session, command
from arka_config.cli.runtime.fast_path import completion_variable


@command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(session: Session, shell: str) -> None:
    """Print a shell completion script.

    \b
    bash:  eval "$({app} completion bash)"                                   in ~/.bashrc
    zsh:   eval "$({app} completion zsh)"                                    in ~/.zshrc
    fish:  {app} completion fish > ~/.config/fish/completions/{app}.fish
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    name = root.info_name or session.app.name
    completion_class = get_completion_class(shell)
    assert completion_class is not None, "click supports the three shells that the argument accepts"
    script = completion_class(root.command, {}, name, completion_variable(name)).source()
    session.show({"shell": shell, "script": script}, script)
