"""Searching a git repository: what is staged, and every object, whether a branch still reaches it or not.

Each object is read once, by `git cat-file --batch`. git runs without the repository's hooks, file monitors, external
diffs and text converters. From version 2.44 it fetches nothing in a partial clone.
"""

from __future__ import annotations

import subprocess
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import ConfigError
from arka_config.scanning.findings import Commit, Finding, Place
from arka_config.scanning.tokens import MAX_SIZE
from arka_config.store.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import IO

    from arka_config.scanning.tokens import Match, Pattern

_SAFE = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false", "core.quotePath=false")
_PLAIN_DIFF = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")
_COMMIT_MARK = b"\x01"
_MODE_OF_SUBMODULE = b"160000"


class _Object(NamedTuple):
    id: bytes
    kind: bytes
    content: bytes


class Repository:
    """A git repository, as seen from a folder in it. `environ` is git's environment. Each call raises ConfigError."""

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = {**environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}

    def root(self) -> str | None:
        """Return the top of the work tree; None if the folder is in none, or git is not installed."""
        try:
            return self._run("rev-parse", "--show-toplevel").decode().removesuffix("\n")
        except ConfigError:
            return None

    def files(self) -> list[str]:
        """Return the paths of the files that are tracked, or are not ignored, relative to the folder."""
        output = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return list(dict.fromkeys(path.decode("utf-8", "surrogateescape") for path in output.split(b"\0") if path))

    def search_staged(self, pattern: Pattern, warn: Callable[[str, str], None]) -> Iterator[Finding]:
        """Yield the tokens in the files that the next commit would add or change."""
        fields = self._run("diff", "--cached", "--diff-filter=d", *_PLAIN_DIFF).split(b"\0")
        paths: dict[bytes, list[str]] = {}
        for description, path in zip(fields[::2], fields[1::2], strict=False):
            _, mode, _, object_id, _ = description.lstrip(b":").split(b" ")
            if mode != _MODE_OF_SUBMODULE:
                paths.setdefault(object_id, []).append(path.decode("utf-8", "surrogateescape"))
        for each in self._read(paths, warn):
            for match in pattern.find(each.content):
                for name in paths[each.id]:
                    yield Finding(Place.STAGED, name, match, object_id=each.id.decode())

    def search_history(
        self,
        pattern: Pattern,
        warn: Callable[[str, str], None],
        progress: Callable[[int, int], None],
    ) -> list[Finding]:
        """Return the tokens in every blob and every message, with the commit that added each blob.

        A blob that no commit has, such as one that was staged once, has no commit and no path.
        """
        listing = self._run(
            "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"
        )
        kinds = dict(line.split(b" ") for line in listing.splitlines())
        wanted = [each for each, kind in kinds.items() if kind != b"tree"]
        blobs: dict[bytes, list[Match]] = {}
        findings: list[Finding] = []
        for done, each in enumerate(self._read(wanted, warn)):
            if done % 1000 == 0:
                progress(done, len(wanted))
            if each.kind == b"blob":
                if matches := list(pattern.find(each.content)):
                    blobs[each.id] = matches
                continue
            header, _, message = each.content.partition(b"\n\n")
            for match in pattern.find(message):
                commit = _read_author(each.id, header)
                findings.append(Finding(Place.MESSAGE, "", match, commit, each.id.decode()))
        commits = [each for each, kind in kinds.items() if kind == b"commit"]
        origins = self._find_origins(blobs, commits)
        for object_id, matches in blobs.items():
            commit_of_blob, path = origins.get(object_id, (None, ""))
            findings += [Finding(Place.BLOB, path, match, commit_of_blob, object_id.decode()) for match in matches]
        return findings

    def _find_origins(self, blobs: Iterable[bytes], commits: Sequence[bytes]) -> dict[bytes, tuple[Commit, str]]:
        """Return the oldest commit that added each blob, with the blob's path in it.

        All commits are starting points, so that those that no branch reaches are found too.
        """
        wanted = [f"--find-object={each.decode()}" for each in blobs]
        if not wanted:
            return {}
        origins: dict[bytes, tuple[Commit, str]] = {}
        for at in range(0, len(wanted), 500):  # arguments of one run
            form = "--format=%x01%H%x00%an%x00%aI%x00"
            line = ["log", "--stdin", "-m", "--root", *_PLAIN_DIFF, form, *wanted[at : at + 500]]
            output = self._run(*line, stdin=b"\n".join(commits) + b"\n").split(b"\0")
            origins |= _parse_log(output)
        return origins

    def _read(self, ids: Iterable[bytes], warn: Callable[[str, str], None]) -> Iterator[_Object]:
        """Yield objects with their content, in the order that they are named in. A missing one is left out."""
        with tempfile.TemporaryFile() as names:
            names.write(b"\n".join(ids) + b"\n")
            names.seek(0)
            process = self._start("cat-file", "--batch", "--buffer", stdin=names, stderr=subprocess.DEVNULL)
            with process:
                assert process.stdout is not None
                yield from _parse_batch(process.stdout, warn)

    def _start(self, *arguments: str, stdin: IO[bytes] | int, stderr: int) -> subprocess.Popen[bytes]:
        options = [word for setting in _SAFE for word in ("-c", setting)]
        program = find_program("git", self._environ)
        if program is None:
            raise ConfigError("git is not installed, or not on PATH", hint="install git")
        line = [program, "--no-pager", *options, "-C", self._folder, *arguments]
        try:
            return subprocess.Popen(  # noqa: S603  # the arguments are ours, and object ids
                line, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=self._environ
            )
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise ConfigError(f"{program} cannot be run: {reason}", hint="install git") from None

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        process = self._start(*arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(stdin)
        if process.returncode:
            reason = errors.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
            raise ConfigError(f"git {arguments[0]} failed: {reason or f'exit code {process.returncode}'}")
        return output


def _parse_batch(output: IO[bytes], warn: Callable[[str, str], None]) -> Iterator[_Object]:
    while header := output.readline():
        if len(words := header.split()) != 3:  # `<id> missing`
            continue
        object_id, kind, size = words[0], words[1], int(words[2])
        content = output.read(min(size, MAX_SIZE))
        for left in range(size - MAX_SIZE, 0, -(1 << 20)):
            output.read(min(left, 1 << 20))
        if size > MAX_SIZE:
            warn(f"object {object_id.decode()[:12]}", f"only the first {MAX_SIZE >> 20} MiB were searched")
        output.read(1)  # the line end after the content
        yield _Object(object_id, kind, content)


def _parse_log(fields: Sequence[bytes]) -> dict[bytes, tuple[Commit, str]]:
    """Parse `git log --raw -z`, the newest commit first: the last one that names a blob is the oldest."""
    origins: dict[bytes, tuple[Commit, str]] = {}
    commit = Commit("", "", "")
    remaining = iter(fields)
    for field in remaining:
        text = field.lstrip(b"\n\0")
        if text.startswith(_COMMIT_MARK):
            author, date = next(remaining), next(remaining)
            commit = Commit(text[1:].decode(), author.decode("utf-8", "replace"), date.decode())
        elif text.startswith(b":"):
            path = next(remaining).decode("utf-8", "surrogateescape")
            origins[text.split(b" ")[3]] = (commit, path)
    return origins


def _read_author(object_id: bytes, header: bytes) -> Commit:
    """Return the author of a commit or an annotated tag, from its header."""
    from datetime import UTC, datetime

    line = next((line for line in header.split(b"\n") if line.startswith((b"author ", b"tagger "))), b"")
    name, _, rest = line.partition(b" ")[2].partition(b" <")
    seconds = rest.rpartition(b"> ")[2].partition(b" ")[0]
    try:
        date = datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        date = ""
    return Commit(object_id.decode(), name.decode("utf-8", "replace"), date)
