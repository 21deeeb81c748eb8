"""`completion powershell`: print the script that lets powershell complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import printing_command

powershell = printing_command("powershell", "{app} completion powershell | Out-String | iex     in $PROFILE")
