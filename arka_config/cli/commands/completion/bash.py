"""`completion bash`: print the script that lets bash complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import make_script_command

bash = make_script_command("bash", 'eval "$({app} completion bash)"              in ~/.bashrc')
