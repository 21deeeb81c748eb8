"""The commands. A module's path is its command: `profiles rename` is in `profiles/rename.py`. Nothing imports this
package but who runs a program."""
