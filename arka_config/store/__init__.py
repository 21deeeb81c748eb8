"""Where profiles, tokens and choices are kept. Standard library only, and tomli-w or tomlkit on writing."""
