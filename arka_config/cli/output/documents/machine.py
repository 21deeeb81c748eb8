"""The JSON of the commands about this machine and the program: `doctor`, `scan`, files, completion, help."""

from typing import Annotated, NotRequired, TypedDict

from arka_config.cli.output.documents.values import StateName
from arka_config.doctor.problem import ERROR, NOTE, WARNING
from arka_config.exchange.variables import SHELLS
from arka_config.scanning.findings import Place
from arka_config.schema import OneOf, Time


class CheckDocument(TypedDict):
    """A check of `doctor`."""

    name: str
    """its name"""
    group: str
    """the group that it is shown in"""
    found: int
    """the number of problems that it found"""


class ProblemDocument(TypedDict):
    """Something that is wrong."""

    check: str
    """the check's name"""
    severity: Annotated[str, OneOf(ERROR, WARNING, NOTE)]
    """how bad it is; `note` does not change the exit code"""
    place: str | None
    """the file, with `:` and a line number if known, the folder, or the variable; null if there is none"""
    message: str
    """what is wrong"""
    command: str | None
    """the command that fixes it; null if none does"""
    advice: str | None
    """more information, or what to do if no command fixes it; null if there is nothing to add"""
    fixable: bool
    """whether `--fix` fixes it"""
    token_id: str | None
    """with `--online`, the workspace's id of the token that the problem is about; else null"""


class LeftProblemDocument(ProblemDocument):
    """A problem that `--fix` did not fix."""

    why: str
    """why it was not fixed"""


class DoctorDocument(TypedDict):
    """What is wrong on this machine."""

    healthy: bool
    """whether there is nothing to fix. Problems with the severity `note` do not count"""
    checks: list[CheckDocument]
    """every check"""
    problems: list[ProblemDocument]
    """the problems. With `--fix`, only those that remain"""
    fixed: NotRequired[list[ProblemDocument]]
    """the problems that were fixed; omitted without `--fix`"""
    left: NotRequired[list[LeftProblemDocument]]
    """the problems that could not be fixed; omitted without `--fix`"""


class CommitDocument(TypedDict):
    """A commit."""

    id: str
    """its id"""
    author: str
    """its author's name"""
    date: Time
    """its date, with the author's time zone"""


class FindingDocument(TypedDict):
    """A token that was found. No value contains a token."""

    place: Annotated[str, OneOf(*map(str, Place))]
    """what it was found in: `blob` is a version of a file in the git history, `message` that of a commit or an
    annotated tag"""
    path: str | None
    """the file. Null for a message, and for a blob that no commit has"""
    line: int
    """the line in which the token begins, counted from 1"""
    column: int
    """the character of the line at which it begins, counted from 1"""
    token: str | None
    """the masked token; null for another secret"""
    secret: str | None
    """the name of the setting, if it is a stored [secret](commands.md#arka-secrets-set) other than a token; else
    null"""
    fingerprint: str
    """the first 16 hexadecimal digits of the token's SHA-256, for an allow-list. For another secret, those of its name:
    a digest of its value would help to guess it"""
    profiles: list[str]
    """the profiles that store this token; empty if none does"""
    state: StateName | None
    """one of the [states](#states); null without `--verify` and `--revoke`"""
    object: str | None
    """the id of the git object; null outside of git"""
    commit: CommitDocument | None
    """the oldest commit with this blob, or that of the message; null for others"""


class ScanDocument(TypedDict):
    """The tokens that were found."""

    findings: list[FindingDocument]
    """the tokens; empty if there are none"""
    allowed: int
    """how many more were found, and are allowed"""
    look_alikes: int
    """how many more look like a token, and have no valid [checksum](../guides/leaked-tokens.md#the-checksum)"""
    not_searched: list[str]
    """the folder of the token store, if the search came to it; else empty"""


class LegacyExportDocument(TypedDict):
    """The Node CLI's file."""

    path: str
    """the file"""
    key: str
    """the key in it that has the token"""
    changed: bool
    """false if it had this token already"""


class LegacyImportDocument(TypedDict):
    """The token that was imported."""

    profile: str
    """the profile that it is stored in"""
    active: bool
    """whether that is the active profile"""
    path: str
    """the file that it was in"""
    key: str
    """the key in it"""
    deleted: bool
    """whether the plain copy there was deleted"""
    tightened: bool
    """whether the file was closed to other users"""


class FileDocument(TypedDict):
    """A file that was written."""

    path: str
    """its path"""


class HelpDocument(TypedDict):
    """A help text. Both keys are null for the program itself."""

    topic: str | None
    """the topic; null for a command"""
    command: str | None
    """the command; null for a topic"""
    text: str
    """the help"""


class VersionDocument(TypedDict):
    """The versions of a program and what it runs on."""

    name: str
    """the program"""
    version: str | None
    """its version; null if it is not installed from a package"""
    toolkit: str
    """the version of the toolkit that it is built on"""
    python: str
    """the version of Python"""
    platform: str
    """Python's name of the system, such as `linux`"""


class CompletionDocument(TypedDict):
    """A completion script."""

    shell: Annotated[str, OneOf(*SHELLS)]
    """the shell you named"""
    script: str
    """the script, as printed without `--json`"""


class InstalledCompletionDocument(TypedDict):
    """A completion script that was installed or removed."""

    shell: Annotated[str, OneOf(*SHELLS)]
    """the shell"""
    path: str
    """the script's file"""
    start_file: str | None
    """the start-up file with a line that loads it; null if the shell finds the script itself"""
    changed: bool
    """whether a file was written or removed"""
