"""Run command lines of `arka`, each in a fork of this process, and report the packages that each has loaded.

Arguments: the packages to import first. All of these commands may import them, so they are imported only once. Standard
input: a JSON list of runs, each with `words`, `folder`, `stdin` and `environ`. In its folder, a run leaves
`loaded.json` with the top-level packages, and `output`. Standard output: a JSON list of the exit codes.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any


def run(words: list[str], folder: str, stdin: str, environ: dict[str, str]) -> int:
    """Run a command line in a fork, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code: object = 1
    try:
        os.chdir(folder)
        os.environ.update(environ)
        redirect(stdin)
        code = run_main(words)
    except BaseException:  # noqa: BLE001  # the child must end here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def redirect(stdin: str) -> None:
    """Read standard input from this text, and write both outputs to a file."""
    reading, writing = os.pipe()
    os.write(writing, stdin.encode())
    os.close(writing)
    os.dup2(reading, 0)
    output = os.open("output", os.O_CREAT | os.O_WRONLY)
    os.dup2(output, 1)
    os.dup2(output, 2)


def run_main(words: list[str]) -> object:
    """Run the program. When it ends, or replaces itself by another program, write which packages it has loaded."""
    from arka_config.__main__ import main

    execve = os.execve

    def write_and_execute(*arguments: Any) -> None:
        write_loaded()
        execve(*arguments)

    os.execve = write_and_execute  # type: ignore[assignment]
    sys.argv = ["arka", *words]
    try:
        main()
    except SystemExit as ended:
        return ended.code
    finally:
        atexit._run_exitfuncs()
        write_loaded()


def write_loaded() -> None:
    """Write the top-level packages that are loaded."""
    with open("loaded.json", "w", encoding="utf-8") as file:
        json.dump(sorted({name.partition(".")[0] for name in sys.modules}), file)


if __name__ == "__main__":
    for package in sys.argv[1:]:
        import_module(package)
    json.dump([run(**one) for one in json.load(sys.stdin)], sys.stdout)
