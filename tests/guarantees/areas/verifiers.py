"""Programs with an API of their own: which requests carry a token, and what their texts say."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

_CONTRACT, _APPS = "tests/verifiers/test_contract.py", "tests/verifiers/test_apps.py"
_ORIGINS = "tests/verifiers/test_origins.py"

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A verifier sends a token to the origin that it is for. Another origin gets it only if the app declares it, "
        "and then only a token of the app's default URL. No redirect is followed.",
        (
            "verifiers/test_origins.py",
            "verifiers/test_contract.py::test_redirect_is_not_followed",
            "verifiers/test_apps.py::test_login_and_status_ask_the_app_s_own_api",
        ),
        (
            "a verifier's URL on any host",
            "a declared origin that gets every token",
            "a request to an origin that is not declared",
            "a path that names another host",
            "a verifier that follows redirects",
        ),
    ),
    Guarantee(
        "The secret that a program introspects tokens with goes to one API, that of `…_API_URL` or else of the user's "
        "default URL, whatever API a profile's token is for. No child process gets it.",
        (
            "verifiers/test_introspection.py::test_api_of_a_profile_does_not_get_the_secret",
            "verifiers/test_introspection.py::test_variable_with_the_url_says_which_api_gets_the_secret",
            "verifiers/test_introspection.py::test_user_s_default_url_says_which_api_gets_the_secret",
            "verifiers/test_introspection.py::test_no_child_inherits_the_secret",
        ),
        ("an introspection secret that every API gets", "a child that inherits the introspection secret"),
    ),
    Guarantee(
        "An app without a verifier asks no server about a token, and only an app with a workspace's API calls one.",
        (
            "verifiers/test_contract.py::test_without_a_verifier_nothing_is_sent",
            "verifiers/test_apps.py::test_no_command_of_an_app_without_a_verifier_sends_anything",
            "verifiers/test_apps.py::test_template_with_an_issued_token_is_refused_before_anything_is_sent",
            "verifiers/test_apps.py::test_client_of_an_app_without_a_workspace_sends_nothing",
        ),
        ("a request to a workspace's API at any server",),
    ),
    Guarantee(
        "What an API or a verifier says of a token is shown as text and without the secrets that were sent, and an "
        "error of a verifier by its type only. Only an introspection response that is active accepts a token.",
        (
            "verifiers/test_contract.py::test_author_s_texts_are_printable_and_show_no_token",
            "verifiers/test_contract.py::test_author_s_error_is_reported_without_its_message",
            "verifiers/test_contract.py::test_token_is_in_no_error",
            "verifiers/test_contract.py::test_token_without_a_prefix_is_in_no_error",
            "verifiers/test_contract.py::test_identity_that_repeats_the_token_is_refused",
            "verifiers/test_introspection.py::test_error_does_not_quote_the_token_or_the_secret",
            "workspace/client/sign_in/test_server.py::test_error_does_not_quote_what_was_sent",
            "workspace/client/test_client.py::test_repr_of_a_request_contains_no_secret",
            "verifiers/test_introspection.py::test_token_is_active_only_if_the_response_says_true",
            "verifiers/test_introspection.py::test_refused_program_is_not_a_refused_token",
        ),
        (
            "a refusal that quotes the token",
            "an error that quotes what was sent",
            "an identity that repeats the token",
            "a request that shows its body",
            "a user name that controls the terminal",
            "an author's error with its message",
            "an introspection that is not true",
        ),
    ),
    Guarantee(
        "Every prefix of an app's tokens is known to `login`, `scan`, masking and errors.",
        ("verifiers/test_prefixes.py",),
        ("a token with another prefix that is shown", "a token with another prefix that scan misses"),
    ),
    Guarantee(
        "A program with another name never names ARKA, in its help, its messages and the files that it writes.",
        ("test_brand.py",),
        (),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a verifier's URL on any host",
        "verifiers/__init__.py",
        "in {str(Origin.of(each)) for each in declared}:",
        "not in ():",
        f"{_ORIGINS}::test_url_on_another_origin_is_refused_unless_it_is_declared",
        'pytest.raises(ValueError, match="evil")',
    ),
    Mutant(
        "a declared origin that gets every token",
        "workspace/client/verifier.py",
        "not (self._is_default and origin in map(Origin.of, declared))",
        "origin not in map(Origin.of, declared)",
        f"{_ORIGINS}::test_declared_origin_gets_no_token_of_another_host",
        'state_of(fake, verifier, api_url="https://api.octo.example")',
    ),
    Mutant(
        "a request to an origin that is not declared",
        "workspace/client/verifier.py",
        "not (self._is_default and origin in map(Origin.of, declared))",
        "not self._is_default",
        f"{_ORIGINS}::test_origin_that_is_not_declared_any_more_gets_nothing",
        "state_of(fake, verifier) is State.NO_API",
    ),
    Mutant(
        "a path that names another host",
        "workspace/client/verifier.py",
        'full = f"{self.url}{url}" if is_path(url) else url',
        'full = f"{self.url}{url}"',
        f"{_ORIGINS}::test_author_s_verifier_sends_nothing_to_another_origin",
        "fake.requests == []",
    ),
    Mutant(
        "a verifier that follows redirects",
        "workspace/client/transport.py",
        "trust_env=False, timeout=timeout)",
        "trust_env=False, timeout=timeout, follow_redirects=True)",
        f"{_CONTRACT}::test_redirect_is_not_followed",
        "isinstance(ask(fake, kind), Unsupported)",
    ),
    Mutant(
        "a request to a workspace's API at any server",
        "workspace/client/client.py",
        "        if not self.app.has_workspace_api:\n",
        "        if self.app is None:\n",
        f"{_APPS}::test_client_of_an_app_without_a_workspace_sends_nothing",
        error="InvalidToken",
    ),
    Mutant(
        "a refusal that quotes the token",
        "workspace/client/verification.py",
        "reason = api_errors.quotable(answer.reason, app, sent)\n",
        "reason = answer.reason\n",
        f"{_CONTRACT}::test_author_s_texts_are_printable_and_show_no_token",
        "refused.error.lines[1]",
    ),
    Mutant(
        "an error that quotes what was sent",
        "workspace/client/api_errors.py",
        "        text = text.replace(secret, app.mask(secret))\n",
        "        pass\n",
        "tests/verifiers/test_introspection.py::test_error_does_not_quote_the_token_or_the_secret",
        "not [line for line in error.lines if TOKEN in line",
    ),
    Mutant(
        "an identity that repeats the token",
        "workspace/client/verification.py",
        "if any(secret in text for secret in sent if len(secret) >= _LEAST_SECRET):",
        "if text in ():",
        f"{_CONTRACT}::test_identity_that_repeats_the_token_is_refused",
        "(result.state, result.identity) == (State.UNREACHABLE, None)",
    ),
    Mutant(
        "an introspection secret that every API gets",
        "verifiers/introspection.py",
        "if not secret or not origin.gets_secrets:",
        "if not secret:",
        "tests/verifiers/test_introspection.py::test_api_of_a_profile_does_not_get_the_secret",
        '"Authorization" not in request.headers',
    ),
    Mutant(
        "a request that shows its body",
        "workspace/client/transport.py",
        'return f"Request({self.method} {self.origin})"',
        'return f"Request({self.method} {self.origin} {self.body!r})"',
        "tests/workspace/client/test_client.py::test_repr_of_a_request_contains_no_secret",
        'repr(request) == "Request(POST https://x.example)"',
    ),
    Mutant(
        "a user name that controls the terminal",
        "workspace/client/verification.py",
        '            read_text(answer._asdict(), key, "")\n',
        "            pass\n",
        f"{_CONTRACT}::test_author_s_texts_are_printable_and_show_no_token",
        'result_of(fake, Identity("a\\x1bb")).state is State.UNREACHABLE',
    ),
    Mutant(
        "an author's error with its message",
        "workspace/client/verification.py",
        "        name = type(error).__name__\n",
        "        name = str(error)\n",
        f"{_CONTRACT}::test_author_s_error_is_reported_without_its_message",
        'result.reason == f"{fake.url} was not asked: the verifier of octo',
    ),
    Mutant(
        "an introspection that is not true",
        "verifiers/introspection.py",
        'if document.get("active") is not True:',
        'if not document.get("active"):',
        "tests/verifiers/test_introspection.py::test_token_is_active_only_if_the_response_says_true",
        "(result.state, result.identity) == (State.UNREACHABLE, None)",
    ),
    Mutant(
        "a child that inherits the introspection secret",
        "app_identity.py",
        "return (*(self.variable(name) for name in names), self.introspection_variable)",
        "return tuple(self.variable(name) for name in names)",
        "tests/verifiers/test_introspection.py::test_no_child_inherits_the_secret",
        'child_environment(app, environ) == {"PATH": "/bin"}',
    ),
    Mutant(
        "a token with another prefix that is shown",
        "app_identity.py",
        "        for prefix in sorted(self.token_prefixes, key=len, reverse=True):\n",
        "        for prefix in self.token_prefixes[:1]:\n",
        "tests/verifiers/test_prefixes.py::test_every_prefix_is_masked_in_errors",
        'APP.redact(f"KEY={token}; other text")',
    ),
    Mutant(
        "a token with another prefix that scan misses",
        "scanning/tokens.py",
        "for prefix in sorted(app.token_prefixes, key=len, reverse=True))",
        "for prefix in app.token_prefixes[:1])",
        "tests/verifiers/test_prefixes.py::test_scan_finds_every_prefix",
        "found == [(PAT, 1), (GHP, 2), (GH, 2)]",
    ),
]
