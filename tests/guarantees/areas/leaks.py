"""Leaked tokens: reports, revocation by a finder, activity, and the checksum."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

_SERVER = "tests/workspace/server"

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A workspace revokes what a secret-scanning partner reports only if the body is signed with a P-256 key of "
        "that partner; GitHub's own example of a signature is accepted.",
        ("workspace/server/test_leaks.py", "workspace/server/test_signing_keys.py"),
        ("a report without a signature", "a signature of another body", "a key of any curve"),
    ),
    Guarantee(
        "Whoever has a token can revoke it without an account. Neither the response nor the limit tells whether there "
        "was such a token.",
        ("workspace/server/test_leaks.py",),
        ("a finder learns whether there was a token", "a finder without a limit"),
    ),
    Guarantee(
        "The notice of a leaked token, and the activity, are shown to the token's owner only, and only the owner can "
        "dismiss the notice.",
        ("workspace/server/test_leaks.py",),
        ("activity of every user", "a notice that others dismiss", "a link of any scheme"),
    ),
    Guarantee(
        "The name of the program that used a token last is short and printable, whatever it sent.",
        ("workspace/server/test_auth.py",),
        ("a User-Agent as it was sent",),
    ),
    Guarantee(
        "A token that a workspace issues ends in a checksum that finds each wrong character; tokens without one work "
        "until an app requires it, and `login` sends nothing that is known to be mistyped.",
        ("test_token_checksum.py", "cli/test_checksum.py"),
        ("a required checksum that is not checked", "a mistyped token is sent"),
    ),
    Guarantee(
        "`scan` leaves out a token without a valid checksum only if every token is known to have one.",
        ("cli/test_checksum.py",),
        ("an older token is a look-alike",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a report without a signature",
        "workspace/server/api/leaks.py",
        "if not is_signed:",
        "if False:",
        f"{_SERVER}/test_leaks.py::test_unsigned_report_revokes_nothing[sqlite]",
        '(response.status_code, response.headers["content-type"]) == (403,',
    ),
    Mutant(
        "a signature of another body",
        "workspace/server/signing_keys.py",
        "            key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(SHA256()))\n",
        "            base64.b64decode(signature, validate=True)\n",
        f"{_SERVER}/test_signing_keys.py::test_signature_must_be_of_this_body_by_this_key",
        'not is_signed(keys, partner, BODY + b" ")',
    ),
    Mutant(
        "a key of any curve",
        "workspace/server/signing_keys.py",
        " and isinstance(key.curve, ec.SECP256R1)",
        "",
        f"{_SERVER}/test_signing_keys.py::test_key_of_another_curve_is_not_accepted",
        "not is_signed(keys, other)",
    ),
    Mutant(
        "a finder learns whether there was a token",
        "workspace/server/leaks.py",
        "        live, _ = _find(session, [digest(token)])\n",
        "        live, _ = _find(session, [digest(token)])\n        assert live\n",
        f"{_SERVER}/test_leaks.py::test_response_to_a_finder_does_not_disclose_whether_a_token_exists[sqlite]",
        "responses == responses[:1] * 4",
    ),
    Mutant(
        "a finder without a limit",
        "workspace/server/api/leaks.py",
        "    limit_failures(workspace, workspace.found_token_limit, address)\n",
        "",
        f"{_SERVER}/test_leaks.py::test_revocations_by_finders_are_limited_for_known_and_unknown_tokens[sqlite]",
        "[found(workspace, issue(workspace)).status_code for _ in range(3)] ==",
    ),
    Mutant(
        "activity of every user",
        "workspace/server/records.py",
        "query = select(AuditEntry).where(AuditEntry.user_id == user_id)",
        "query = select(AuditEntry)",
        f"{_SERVER}/test_leaks.py::test_activity_is_the_user_s_own_newest_first[sqlite]",
        "of_bob not in json.dumps(rest)",
    ),
    Mutant(
        "a notice that others dismiss",
        "workspace/server/leaks.py",
        "update(Leak).where(Leak.user_id == user_id, Leak.id == leak_id)",
        "update(Leak).where(Leak.id == leak_id)",
        f"{_SERVER}/test_leaks.py::test_owner_sees_the_leak_until_they_dismiss_it[sqlite]",
        '"leaked and was revoked" in ann.open(TOKENS_PAGE).text',
    ),
    Mutant(
        "a link of any scheme",
        "workspace/server/pages/templates/leaks.html",
        '{% if leak.url.startswith(("https://", "http://")) %}',
        "{% if leak.url %}",
        f"{_SERVER}/test_leaks.py::test_url_of_another_scheme_is_not_a_link[sqlite]",
        '"javascript" not in page',
    ),
    Mutant(
        "a User-Agent as it was sent",
        "workspace/server/last_uses.py",
        "visible(sender.read_client()[:MAX_CLIENT_LENGTH])",
        "sender.read_client()",
        f"{_SERVER}/test_auth.py::test_last_use_has_the_address_and_the_program[sqlite]",
        'listed["last_used_client"].startswith(',
    ),
    Mutant(
        "a required checksum that is not checked",
        "app_identity.py",
        'return "" if token_checksum.is_valid(text, prefix) else token_checksum.FAULT',
        'return ""',
        "tests/test_token_checksum.py::test_required_checksum_is_a_part_of_the_format",
        error="DID NOT RAISE InvalidToken",
    ),
    Mutant(
        "a mistyped token is sent",
        "cli/runtime/token_formats.py",
        "if formats.checksum(str(Origin.of(url))) == token_checksum.REQUIRED:",
        "if False:",
        "tests/cli/test_checksum.py::test_login_finds_a_typing_error_without_sending_anything",
        "(done.code, checked.requests) == (4, [])",
    ),
    Mutant(
        "an older token is a look-alike",
        "cli/commands/scan.py",
        "is_required = app.token_checksum == token_checksum.REQUIRED or token_formats.all_have_checksum(session.store)",
        "is_required = True",
        "tests/cli/test_checksum.py::test_scan_shows_all_before_any_login",
        "len(scan(folder)[0]) == 2",
    ),
]
