"""Workspaces and connections."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A certificate is verified before the token is sent, plain HTTP is for this machine only and never through a "
        "proxy, a proxy does not see the token, and a redirect is not followed.",
        (
            "workspace/client/test_connection.py::test_unknown_authority_is_rejected_before_the_token_is_sent",
            "precedence/test_origin.py::test_http_is_accepted_for_loopback_only",
            "workspace/client/test_connection.py::test_loopback_is_never_reached_through_a_proxy",
            "workspace/client/test_connection.py::test_proxy_setting_is_used_and_proxy_never_sees_the_token",
            "workspace/client/test_client.py::test_redirect_to_another_origin_is_not_followed",
        ),
    ),
    Guarantee(
        "A workspace's response is limited in size and time, its text is validated or escaped, and a link in it is "
        "used only if it leads to the workspace itself.",
        (
            "workspace/client/test_client.py::test_response_is_read_up_to_the_size_limit",
            "workspace/client/test_client.py::test_timeout_applies_to_stalling_and_trickling_servers",
            "workspace/client/test_client.py::test_billing_url_is_used_only_on_the_workspace_s_origin",
            "hostile/test_workspace.py",
        ),
    ),
    Guarantee(
        "The token that `rotate` replaces is revoked only after the new one is stored and verified, even if "
        "the program is killed.",
        (
            "cli/test_rotate.py::test_rotate_restores_the_old_token_if_the_new_one_fails",
            "cli/test_rotate.py::test_rotate_keeps_the_old_token_if_storing_fails",
            "cli/test_rotate.py::test_rotate_killed_at_any_step_leaves_a_working_token",
        ),
    ),
    Guarantee(
        "A token is sent only to the origin that it was stored for.",
        (
            "cli/test_token.py::test_token_refuses_a_url_of_another_origin",
            "cli/test_token.py::test_token_for_refuses_another_origin",
            "precedence/test_origin.py",
        ),
        ("no check of the origin", "a token for any URL"),
    ),
    Guarantee(
        "A token is not sent to a workspace that only the environment names, and that the user has not used before, "
        "unless the user says so.",
        ("cli/test_origin_approval.py",),
        ("a new origin without a question", "a page before the question", "any origin is used"),
    ),
    Guarantee(
        "The environment does not say which certificates TLS trusts, unless `config.toml` has `trust_env_ca = true`, "
        "and session keys are not written for it.",
        (
            "workspace/client/test_connection.py::test_certificates_of_the_environment_are_ignored",
            "workspace/client/test_connection.py::test_ca_bundle_of_the_environment_is_refused",
            "workspace/client/test_connection.py::test_ca_bundle_of_an_app_s_own_layer_is_refused",
            "workspace/client/test_connection.py::test_relative_ca_bundle_is_refused",
            "workspace/client/test_connection.py::test_session_keys_are_not_written_for_the_environment",
            "workspace/client/test_connection.py::test_https_proxy_is_trusted_like_a_workspace",
        ),
        (
            "certificates of the environment",
            "a bundle of the environment",
            "a relative bundle",
            "a log of session keys",
            "httpx's own context",
        ),
    ),
    Guarantee(
        "If a workspace answers `rotate` with the token that was to be replaced, it is kept and not revoked.",
        (
            "cli/test_rotate.py::test_rotate_keeps_the_token_if_the_workspace_answers_with_the_same_one",
            "cli/test_tokens.py::test_tokens_create_refuses_a_response_with_the_request_s_own_token",
        ),
        ("the old token as the new one",),
    ),
    Guarantee(
        "If the response to a revocation is lost, every command says that the token may have been revoked, forgets "
        "nothing, and succeeds if it is run again. Every command names the other profiles that have a revoked token.",
        (
            "cli/test_lost_revocations.py::test_lost_response_is_reported_and_a_second_run_succeeds",
            "cli/test_lost_revocations.py::test_rotate_says_that_the_old_token_may_have_been_revoked",
            "cli/test_lost_revocations.py::test_rejected_managing_token_after_a_lost_response_is_an_error",
            "cli/test_lost_revocations.py::test_profiles_that_share_the_token_are_named",
        ),
        (
            "a lost response as a failure",
            "a rejected managing token as a revocation",
            "an attempt that is forgotten",
            "a shared token that nothing names",
        ),
    ),
    Guarantee(
        "`doctor --online` names every token that works and that no profile on this machine has, by the id that the "
        "workspace gives it. It revokes nothing, and sends a token only to the workspace that it is for.",
        ("doctor/test_online.py",),
        (
            "a token that nothing names",
            "tokens compared without their id",
            "a survey of a workspace never used",
            "an id that is an option",
        ),
    ),
    Guarantee(
        "Signing in through the browser talks to the workspace's own origin only: metadata, endpoints and pages of "
        "another one are refused, and no redirect is followed.",
        (
            "workspace/client/sign_in/test_metadata.py::test_endpoint_on_another_origin_is_refused",
            "workspace/client/sign_in/test_metadata.py::test_issuer_other_than_the_one_that_was_asked_is_refused",
            "workspace/client/sign_in/test_metadata.py::test_redirect_of_the_metadata_is_not_followed",
            "workspace/client/sign_in/test_metadata.py::test_cached_metadata_is_checked_like_any_other",
            "workspace/client/sign_in/test_server.py::test_page_of_another_origin_is_not_shown",
        ),
        ("an endpoint anywhere", "another issuer", "a redirect of the metadata"),
    ),
    Guarantee(
        "A sign-in ends only with the browser's return to this program, for this sign-in, from the server that was "
        "asked.",
        (
            "workspace/client/sign_in/test_loopback.py::test_missing_foreign_and_repeated_state_is_ignored",
            "workspace/client/sign_in/test_loopback.py::test_other_path_is_ignored",
            "workspace/client/sign_in/test_loopback.py::test_other_host_is_ignored",
            "workspace/client/sign_in/test_server.py::test_answer_of_another_server_is_refused",
        ),
        (
            "any state",
            "any path of the listener",
            "any host of the listener",
            "the code of another server",
            "a repeated state",
        ),
    ),
    Guarantee(
        "A token that a sign-in issued is stored, or revoked: also if it cannot be stored, and after Ctrl-C or a kill.",
        (
            "cli/test_browser_sign_in.py::test_token_that_cannot_be_stored_is_revoked",
            "cli/test_browser_sign_in.py::test_interrupt_withdraws_the_request",
            "cli/test_browser_sign_in.py::test_token_that_a_killed_login_did_not_store_is_revoked_later",
            "workspace/client/sign_in/test_server.py::test_exchange_is_repeated_if_the_response_is_lost",
        ),
        ("a token that is not stored", "a request after Ctrl-C", "a sign-in without a record"),
    ),
]

_SIGN_IN_TESTS = "tests/workspace/client/sign_in"
_CONNECTION_TESTS = "tests/workspace/client/test_connection.py"

MUTANTS: list[Mutant] = [
    Mutant(
        "an id that is an option",
        "doctor/online.py",
        ' if details.id.startswith("-") else ',
        " if not details.id else ",
        "tests/doctor/test_online.py::test_id_of_a_hostile_workspace_is_one_word_of_the_command",
        'shlex.split(found["command"])',
    ),
    Mutant(
        "a lost response as a failure",
        "workspace/client/transport.py",
        "        error.may_have_arrived = may_have_arrived or not result.is_unsent\n",
        "",
        "tests/cli/test_lost_revocations.py::test_lost_response_is_reported_and_a_second_run_succeeds",
        "may have been revoked",
    ),
    Mutant(
        "a rejected managing token as a revocation",
        "workspace/client/client.py",
        "(response.status == 401 and id == CURRENT)",
        "response.status == 401",
        "tests/cli/test_lost_revocations.py::test_rejected_managing_token_after_a_lost_response_is_an_error",
        '(code, "Revoked" in err) == (4, False)',
    ),
    Mutant(
        "an attempt that is forgotten",
        "cli/commands/tokens/revoke.py",
        "            kinds = (REVOKE, REVOKE_OWN)\n",
        "            kinds = ()\n",
        "tests/cli/test_lost_revocations.py::test_lost_response_is_reported_and_a_second_run_succeeds",
        "run(line, token_id)[0] == 0",
    ),
    Mutant(
        "a shared token that nothing names",
        "cli/runtime/revoking.py",
        "    note_holders(session, _sharing_profiles(session, stored, besides))\n",
        "",
        "tests/cli/test_lost_revocations.py::test_profiles_that_share_the_token_are_named",
        "\"note: profile 'twin' has this token, which no longer works: arka login -p",
    ),
    Mutant(
        "a token that nothing names",
        "doctor/online.py",
        "            if survey.holders_of(listing.origin, details.id):\n",
        "            if survey.holders_of(listing.origin, details.id) or not details.last_used:\n",
        "tests/doctor/test_online.py::test_token_that_no_profile_has_is_named_with_the_command_that_revokes_it",
        "(found,) = list_problems()",
    ),
    Mutant(
        "tokens compared without their id",
        "workspace/client/survey.py",
        "            and verification.identity.token.id == token_id\n",
        "",
        "tests/doctor/test_online.py::test_tokens_are_compared_by_id_and_not_by_their_last_characters",
        '[each["token_id"] for each in list_problems(check="unheld-tokens")] ==',
    ),
    Mutant(
        "a survey of a workspace never used",
        "cli/runtime/origin_approval.py",
        "    if url.layer in _OWN_LAYERS:\n        return True",
        "    if url.layer:\n        return True",
        "tests/doctor/test_online.py::test_token_of_the_environment_is_not_sent_to_a_workspace_never_used",
        "other.requests == []",
    ),
    Mutant(
        "a new origin without a question",
        "cli/runtime/workspace_access.py",
        "    approve_origin(session, url)\n",
        "",
        "tests/cli/test_origin_approval.py::test_no_command_sends_a_passed_token_to_a_workspace_that_the_environment_names",
        "attacker.requests == []",
    ),
    Mutant(
        "a page before the question",
        "cli/runtime/login_steps.py",
        "    approve_origin(session, target.url, remember=False)  # storing the token does that\n",
        "",
        "tests/cli/test_origin_approval.py::test_login_asks_before_the_page_is_opened_and_the_token_read",
        "(attacker.requests, opened, asked)",
    ),
    Mutant(
        "any origin is used",
        "templates/approvals.py",
        "return any(used == origin for used, _ in",
        "return any(used for used, _ in",
        "tests/cli/test_origin_approval.py::test_another_port_is_another_workspace",
        'arka("tokens", "list", environ={"ARKA_API_KEY": TOKEN}).code',
    ),
    Mutant(
        "certificates of the environment",
        "workspace/client/connection.py",
        "    if trusts_environment:",
        "    if paths:",
        f"{_CONNECTION_TESTS}::test_certificates_of_the_environment_are_ignored",
        error="DID NOT RAISE WorkspaceUnreachable",
    ),
    Mutant(
        "a bundle of the environment",
        "workspace/client/connection.py",
        "bundle.layer not in _LAYERS_OF_CERTIFICATES and not preferences.trust_env_ca",
        "not bundle.layer",
        f"{_CONNECTION_TESTS}::test_ca_bundle_of_the_environment_is_refused",
        "impostor.requests == []",
    ),
    Mutant(
        "a relative bundle",
        "workspace/client/connection.py",
        "    if not os.path.isabs(path) or leads_through_process(path):",
        "    if not path:",
        f"{_CONNECTION_TESTS}::test_relative_ca_bundle_is_refused",
        error="DID NOT RAISE ConfigError",
    ),
    Mutant(
        "a log of session keys",
        "workspace/client/connection.py",
        "    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
        "    context = ssl.create_default_context()",
        f"{_CONNECTION_TESTS}::test_session_keys_are_not_written_for_the_environment",
        "not log.exists()",
    ),
    Mutant(
        "httpx's own context",
        "workspace/client/transport.py",
        'connection.certificates() if proxy.startswith("https:") else None',
        "None",
        f"{_CONNECTION_TESTS}::test_https_proxy_is_trusted_like_a_workspace",
        'with pytest.raises(WorkspaceUnreachable, match="the proxy rejected the',
    ),
    Mutant(
        "no check of the origin",
        "precedence/credential.py",
        "        if Origin.of(str(address.value), address.place) != pair.origin:",
        "        if not pair.origin:",
        "tests/cli/test_token.py::test_token_refuses_a_url_of_another_origin",
        '(done.code, done.out) == (1, "")',
    ),
    Mutant(
        "a token for any URL",
        "precedence/origin.py",
        "return isinstance(other, Origin) and str(self) == str(other)",
        "return isinstance(other, Origin) and str(self).endswith(other.host)",
        "tests/cli/test_token.py::test_token_for_refuses_another_origin",
        '(done.code, done.out) == (1, "")',
    ),
    Mutant(
        "the old token as the new one",
        "workspace/client/client.py",
        "        if issued.token == self.token:",
        "        if issued.token is None:",
        "tests/cli/test_rotate.py::test_rotate_keeps_the_token_if_the_workspace_answers_with_the_same_one",
        "(work.accepts(TOKEN), read_stored(home)) == (True, before)",
    ),
    Mutant(
        "an endpoint anywhere",
        "workspace/client/sign_in/metadata.py",
        'if Origin.of(url.partition("?")[0]) == origin and "#" not in url:',
        'if "#" not in url:',
        f"{_SIGN_IN_TESTS}/test_metadata.py::test_endpoint_on_another_origin_is_refused",
        error="DID NOT RAISE InvalidValue",
    ),
    Mutant(
        "another issuer",
        "workspace/client/sign_in/metadata.py",
        'if read_text(table, "issuer") != issuer:',
        'if not read_text(table, "issuer"):',
        f"{_SIGN_IN_TESTS}/test_metadata.py::test_issuer_other_than_the_one_that_was_asked_is_refused",
        error="DID NOT RAISE InvalidValue",
    ),
    Mutant(
        "a redirect of the metadata",
        "workspace/client/transport.py",
        "trust_env=False, timeout=timeout)",
        "trust_env=False, timeout=timeout, follow_redirects=True)",
        f"{_SIGN_IN_TESTS}/test_metadata.py::test_redirect_of_the_metadata_is_not_followed",
        "[request.path for request in fake.requests] == [WELL_KNOWN]",
    ),
    Mutant(
        "any state",
        "workspace/client/sign_in/loopback.py",
        ' or not secrets.compare_digest(parameters.get("state", "").encode(), self.state.encode()):',
        ":",
        f"{_SIGN_IN_TESTS}/test_loopback.py::test_missing_foreign_and_repeated_state_is_ignored",
        'ignores(listener, get(f"{listener.redirect_uri}?code=c1',
    ),
    Mutant(
        "a repeated state",
        "workspace/client/sign_in/loopback.py",
        "return parameters if len(parameters) == len(pairs) else None",
        "return parameters",
        f"{_SIGN_IN_TESTS}/test_loopback.py::test_missing_foreign_and_repeated_state_is_ignored",
        'ignores(listener, get(f"{listener.redirect_uri}?code=c1',
    ),
    Mutant(
        "any path of the listener",
        "workspace/client/sign_in/loopback.py",
        "if host != self._host or path != PATH:",
        "if host != self._host:",
        f"{_SIGN_IN_TESTS}/test_loopback.py::test_other_path_is_ignored",
        'ignores(listener, get(f"{base}{path}?code=c1&state={listener.state}"))',
    ),
    Mutant(
        "any host of the listener",
        "workspace/client/sign_in/loopback.py",
        "if host != self._host or path != PATH:",
        "if path != PATH:",
        f"{_SIGN_IN_TESTS}/test_loopback.py::test_other_host_is_ignored",
        'ignores(listener, get(f"{listener.redirect_uri}?code=c1',
    ),
    Mutant(
        "the code of another server",
        "workspace/client/sign_in/server.py",
        "if issuer != self.metadata.issuer and (issuer is not None or self.metadata.sends_issuer):",
        "if issuer is None and self.metadata.sends_issuer:",
        f"{_SIGN_IN_TESTS}/test_server.py::test_answer_of_another_server_is_refused",
        error="DID NOT RAISE SignInFailed",
    ),
    Mutant(
        "a token that is not stored",
        "cli/runtime/browser_sign_in.py",
        "        if granted is not None and _revoke(session, server, url, granted):\n",
        "        if granted is not None:\n",
        "tests/cli/test_browser_sign_in.py::test_token_that_cannot_be_stored_is_revoked",
        "(done.code, live_tokens(cli_workspace), journal_is_empty(home))",
    ),
    Mutant(
        "a request after Ctrl-C",
        "cli/input/browser_approval.py",
        "            if server.withdraw(code, kind):\n",
        "            if code:\n",
        "tests/cli/test_browser_sign_in.py::test_interrupt_withdraws_the_request",
        error="DID NOT RAISE HTTPStatusError",
    ),
    Mutant(
        "a sign-in without a record",
        "cli/input/browser_approval.py",
        "        record.begin(code)\n",
        "        pass\n",
        "tests/cli/test_browser_sign_in.py::test_token_that_a_killed_login_did_not_store_is_revoked_later",
        "(live_tokens(cli_workspace), journal_is_empty(home)) == (1, False)",
    ),
]
