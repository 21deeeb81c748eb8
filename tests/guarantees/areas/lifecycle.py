"""The tokens that commands issue, replace and remove."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

_FAULTS = "guarantees/test_faults.py::test_a_fault_at_any_step_loses_nothing_and_is_reported"
_ROTATE, _APPLY = "cli/test_rotate.py", "templates/test_unneeded_tokens.py"
_SERVER = "workspace/server/test_tokens.py"

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A kill at any write or request of `rotate`, `apply` and `tokens create --store-as` leaves no live token "
        "unknown: a profile holds it, or the journal knows its id or the key of its request. The next command that "
        "asks the workspace, or `doctor --fix`, revokes what no profile holds.",
        (
            _FAULTS,
            "guarantees/test_lifecycle.py",
            f"{_ROTATE}::test_rotate_killed_at_any_step_leaves_a_working_token",
            f"{_ROTATE}::test_lost_answer_to_a_rotation_leaves_no_token",
            f"{_ROTATE}::test_request_that_may_still_arrive_stays_in_the_journal",
            f"{_ROTATE}::test_doctor_fix_revokes_what_a_killed_rotate_left",
            f"{_ROTATE}::test_login_revokes_what_a_killed_rotate_left_unless_it_asks_no_workspace",
            f"{_ROTATE}::test_logout_revoke_and_tokens_create_finish_a_killed_rotate",
        ),
        (
            "a token whose id is not recorded before it is stored",
            "an old token that the journal does not know",
            "a request without its key",
            "a lost answer that is forgotten",
            "a request that is given up too soon",
            "a journal that no command finishes",
        ),
    ),
    Guarantee(
        "A command that asks no workspace reports what a killed one left, and sends nothing.",
        (
            f"{_ROTATE}::test_command_without_network_reports_what_a_killed_rotate_left",
            "store/test_journal.py::test_first_lock_reports_what_was_left_behind_once",
        ),
        ("a left token that no command reports",),
    ),
    Guarantee(
        "What is left is revoked only if it is certain that no profile holds it and that no process works on it.",
        (
            f"{_ROTATE}::test_token_in_a_locked_vault_is_not_revoked_as_unused",
            f"{_ROTATE}::test_token_of_another_user_s_request_stays_in_the_journal",
            f"{_ROTATE}::test_concurrent_rotations_leave_a_working_token",
            "store/test_journal.py::test_entry_in_progress_is_not_left_behind",
            "store/test_journal.py::test_entry_of_another_machine_is_left_behind_after_an_hour",
        ),
        (
            "a locked token taken for one that no profile holds",
            "another user's answer taken for a revocation",
            "a token revoked while its command runs",
            "another machine's token revoked while its command runs",
        ),
    ),
    Guarantee(
        "`apply` revokes an issued token that it replaces or prunes, after the new one is stored and the workspace "
        "accepts it, or says why not. It revokes none that the user stored or that another profile has.",
        (_APPLY,),
        (
            "a pruned token that stays alive",
            "an old token revoked before the new one is verified",
            "a shared token that an apply revokes",
            "a token of the user's own that an apply revokes",
            "a ledger without ids",
        ),
    ),
    Guarantee(
        "A request's key revokes only what that request issued, for the same user; a second request with it issues "
        "nothing. A successor revokes only the token that it was rotated from.",
        (
            f"{_SERVER}::test_request_is_withdrawn_by_its_key",
            f"{_SERVER}::test_second_request_with_a_key_issues_nothing",
            f"{_SERVER}::test_key_withdraws_no_token_of_another_user",
            f"{_SERVER}::test_successor_revokes_only_the_token_that_it_was_rotated_from",
        ),
        ("a key of every user", "a successor that revokes any token"),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a token whose id is not recorded before it is stored",
        "cli/runtime/issuing.py",
        "        entry.identify(issued.details.id)\n",
        "        entry.finish()\n",
        f"tests/{_FAULTS}[served: tokens create extra -p work --store-as extra]",
        "a token works that nothing here knows",
    ),
    Mutant(
        "an old token that the journal does not know",
        "cli/commands/rotate.py",
        "            _rotate(session, old, ends, before, entry)\n",
        "            before.finish()\n            _rotate(session, old, ends, before, entry)\n",
        f"tests/{_ROTATE}::test_rotate_killed_at_any_step_leaves_a_working_token",
        "one more is left",
    ),
    Mutant(
        "a request without its key",
        "workspace/client/transport.py",
        'key = {"Idempotency-Key": request.key} if request.key else {}',
        "key: dict[str, str] = {}",
        f"tests/{_ROTATE}::test_doctor_fix_revokes_what_a_killed_rotate_left",
        "list(work.tokens) == [TOKEN]",
    ),
    Mutant(
        "a lost answer that is forgotten",
        "cli/runtime/issuing.py",
        "error.may_have_arrived) or _withdraw(entry, workspace):\n",
        "error.may_have_arrived) or entry:\n",
        f"tests/{_ROTATE}::test_lost_answer_to_a_rotation_leaves_no_token",
        '(list(work.tokens), (home / "state" / "journal.json").exists())',
    ),
    Mutant(
        "a request that is given up too soon",
        "cli/runtime/unfinished.py",
        "    if is_gone and entry.may_still_arrive:\n",
        "    if False:\n",
        f"tests/{_ROTATE}::test_request_that_may_still_arrive_stays_in_the_journal",
        '(done.code, "the request may still arrive" in done.err) == (1, True)',
    ),
    Mutant(
        "a journal that no command finishes",
        "cli/runtime/unfinished.py",
        "        outcomes = finish_entries(session, left)\n",
        "        outcomes: list[Outcome] = []\n",
        f"tests/{_ROTATE}::test_logout_revoke_and_tokens_create_finish_a_killed_rotate",
        'len(work.tokens) == count - 1 + (1 if line[0] == "tokens" else -1)',
    ),
    Mutant(
        "a left token that no command reports",
        "store/app_files.py",
        "            when_taken=self._report_unfinished,\n",
        "",
        "tests/store/test_journal.py::test_first_lock_reports_what_was_left_behind_once",
        "may have left a token for profile 'work'",
    ),
    Mutant(
        "a locked token taken for one that no profile holds",
        "cli/runtime/unfinished.py",
        "    if entry.id and tokens.not_compared:\n",
        "    if False:\n",
        f"tests/{_ROTATE}::test_token_in_a_locked_vault_is_not_revoked_as_unused",
        "\"the token of profile 'work' is locked, and was not compared\" in",
    ),
    Mutant(
        "another user's answer taken for a revocation",
        "cli/runtime/unfinished.py",
        "        if entry.user and identity.id != entry.user:\n",
        "        if False:\n",
        f"tests/{_ROTATE}::test_token_of_another_user_s_request_stays_in_the_journal",
        '(done.code, "no profile has a token of its user that works" in done.err)',
    ),
    Mutant(
        "a token revoked while its command runs",
        "store/journal.py",
        "        return self.key in _active if self.process == os.getpid() else SYSTEM.is_alive(self.process)\n",
        "        return False\n",
        "tests/store/test_journal.py::test_entry_in_progress_is_not_left_behind",
        "journal.left_behind() == []",
    ),
    Mutant(
        "another machine's token revoked while its command runs",
        "store/journal.py",
        "        if self.host != socket.gethostname():\n",
        "        if False:\n",
        "tests/store/test_journal.py::test_entry_of_another_machine_is_left_behind_after_an_hour",
        "journal.left_behind() == []",
    ),
    Mutant(
        "a pruned token that stays alive",
        "templates/applying.py",
        "profile.action == Action.REMOVE or profile.name in credentials",
        "profile.name in credentials",
        f"tests/{_APPLY}::test_prune_revokes_the_issued_token",
        '(done.code, labels(workspace)) == (0, ["MacBook Pro"])',
    ),
    Mutant(
        "an old token revoked before the new one is verified",
        "cli/runtime/template_issuing.py",
        "            if self._session.store.tokens.holds(name):\n",
        "            if False:\n",
        f"tests/{_APPLY}::test_new_token_that_does_not_work_keeps_the_old_one_alive",
        '(revocation["revoked"], revocation["reason"])',
    ),
    Mutant(
        "a shared token that an apply revokes",
        "cli/runtime/template_issuing.py",
        "            if others := [each for each in holders if each not in tokens]:\n",
        "            if others := []:\n",
        f"tests/{_APPLY}::test_token_that_another_profile_has_is_kept",
        '(revocation["revoked"], revocation["reason"])',
    ),
    Mutant(
        "a token of the user's own that an apply revokes",
        "templates/planning.py",
        "found == (recorded.origin, recorded.created)",
        "found is not None",
        f"tests/{_APPLY}::test_token_that_the_user_stored_is_not_revoked",
        'arka("plan", "profiles", "--take", "template", "--json").json["revokes"]',
    ),
    Mutant(
        "a ledger without ids",
        "cli/runtime/template_issuing.py",
        '        return self._issued[profile][0].id if profile in self._issued else ""\n',
        '        return ""\n',
        f"tests/{_APPLY}::test_ledger_has_the_id_of_an_issued_token",
        "recorded_id(home)",
    ),
    Mutant(
        "a key of every user",
        "workspace/server/tokens.py",
        'hashlib.sha256(f"{user_id} {key}".encode())',
        'hashlib.sha256(f"{key}".encode())',
        f"tests/{_SERVER}::test_key_withdraws_no_token_of_another_user[sqlite]",
        'api.post("tokens", token=eve, headers={"Idempotency-Key": KEY}',
    ),
    Mutant(
        "a successor that revokes any token",
        "workspace/server/api/routes.py",
        "            if token_id != caller.token.successor_of:",
        "            if not caller.token.successor_of:",
        f"tests/{_SERVER}::test_successor_revokes_only_the_token_that_it_was_rotated_from[sqlite]",
        'api.delete(f"tokens/{other.token.id}", token=new["token"]).status_code',
    ),
]
