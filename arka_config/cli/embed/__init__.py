"""What authors of other CLIs use: options, commands and settings for click and Typer."""
