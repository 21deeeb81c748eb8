"""`completion powershell`: print the script that lets powershell complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import make_script_command

powershell = make_script_command("powershell", "{app} completion powershell | Out-String | iex     in $PROFILE")
