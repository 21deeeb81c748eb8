"""`completion fish`: print the script that lets fish complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import make_script_command

fish = make_script_command("fish", "{app} completion fish | source               in ~/.config/fish/config.fish")
