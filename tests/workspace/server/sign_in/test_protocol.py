"""The rules for redirects, parameters and user codes."""

from __future__ import annotations

import pytest

from arka_config.workspace import user_codes
from arka_config.workspace.server.sign_in import protocol
from arka_config.workspace.server.sign_in.protocol import OAuthError


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://evil.example:5555/callback",
        "http://localhost.evil.example:5555/callback",
        "http://localhost:5555/callback",
        "http://127.0.0.1.evil.example:5555/",
        "http://127.0.0.1:5555@evil.example/",
        "http://127.0.0.1@evil.example:5555/",
        "http://127.0.0.1:5555\\@evil.example/",
        "http://127.0.0.1:5555/\r\nLocation: http://evil.example",
        "http://127.0.0.1:5555/callback\n",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:\u0665555/",
        "http://127.0.0.1/",
        "http://127.0.0.2:5555/",
        "http://[::1%25eth0]:5555/",
        "http://[::]:5555/",
        "http://0x7f000001:5555/",
        "http://127.1:5555/",
        "https://127.0.0.1:5555/callback",
        "http://127.0.0.1:5555/?next=http://evil.example",
        "http://127.0.0.1:5555/#",
        "javascript:alert(1)",
        "//127.0.0.1:5555/",
        "",
    ],
    ids=ascii,
)
def test_redirect_to_anything_but_loopback_is_refused(redirect_uri: str) -> None:
    assert protocol.redirect_origin(redirect_uri) is None


def test_loopback_redirect_may_have_any_port_and_path() -> None:
    for origin in ("http://127.0.0.1:1", "http://127.0.0.1:65535", "http://[::1]:5555"):
        for path in ("", "/", "/callback", "/a/b_c-d.e~f"):
            assert protocol.redirect_origin(origin + path) == origin


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "//evil.example", "https://evil.example", "/\\evil.example", "/sign-in", "/device/..//evil.example"),
        *("/device?a b", "/device?\r\nx", "/oauth/authorizeX", "/oauth/authorize?" + "x" * 5000),
    ],
)
def test_sign_in_returns_only_to_approval_pages(path: str) -> None:
    assert protocol.return_path(path) == ""
    assert protocol.return_path("/device?user_code=BCDF-GHJK") == "/device?user_code=BCDF-GHJK"


def test_repeated_or_long_parameter_is_refused() -> None:
    for pairs in ([("state", "a"), ("state", "b")], [("state", ""), ("state", "b")], [("x", "y" * 513)]):
        with pytest.raises(OAuthError) as refused:
            protocol.collect(pairs)
        assert refused.value.error == "invalid_request"
    assert protocol.collect([("state", ""), ("x", "y")]) == {"x": "y"}


@pytest.mark.parametrize("text", ["x" * 101, "\x1b[31m", "a\u202eb", "\x00"], ids=ascii)
def test_text_that_cannot_be_shown_is_refused(text: str) -> None:
    for name in ("machine", "profile", "label"):
        with pytest.raises(OAuthError, match=f"{name} has to be printable") as refused:
            protocol.read_details({name: text}, "arka", "127.0.0.1")
        assert text not in refused.value.description


def test_verifier_belongs_to_its_challenge_only() -> None:
    """The example of RFC 7636, appendix B."""
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert protocol.is_verifier_of(verifier, challenge)
    for other in (challenge, verifier[:-1] + "l", verifier + "=", verifier[:42], "", "\u00e9" * 43):
        assert not protocol.is_verifier_of(other, challenge)


def test_user_codes_have_eight_letters_without_vowels() -> None:
    codes = {user_codes.generate() for _ in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) <= set("BCDFGHJKLMNPQRSTVWXZ")
    assert {len(code) for code in codes} == {8}
    assert user_codes.show("BCDFGHJK") == "BCDF-GHJK"


def test_user_code_is_read_in_any_spelling() -> None:
    for text in ("BCDF-GHJK", "bcdfghjk", " bcdf ghjk\n", "b-c-d-f-g-h-j-k"):
        assert user_codes.parse(text) == "BCDFGHJK"
    for text in ("", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-EFGH", "BCDF-GHJ\u212a", "-" * 100 + "BCDFGHJK"):
        assert user_codes.parse(text) is None


def test_code_of_a_challenge_is_the_documented_one() -> None:
    """docs/guides/sign-in.md says how other clients compute it."""
    assert user_codes.of_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") == "RCTNCQQC"
