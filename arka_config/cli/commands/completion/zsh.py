"""`completion zsh`: print the script that lets zsh complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import make_script_command

zsh = make_script_command("zsh", 'eval "$({app} completion zsh)"               in ~/.zshrc, before or after compinit')
