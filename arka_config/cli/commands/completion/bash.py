"""`completion bash`: print the script that lets bash complete a command line."""

from __future__ import annotations

from arka_config.cli.runtime.completion_scripts import printing_command

bash = printing_command("bash", 'eval "$({app} completion bash)"              in ~/.bashrc')
