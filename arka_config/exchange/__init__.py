"""Formats of other programs: the Node CLI's JSON file, shells, dotenv files and CI systems."""
