"""Origin: only URLs that every parser reads alike are accepted, and whole origins are compared."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config import Origin
from arka_config.errors import InvalidUrl
from arka_config.precedence.origin import is_loopback

PORTS = {"https": 443, "http": 80}


def read_refusal(url: str, source: str = "") -> str:
    """Return the message of the error for a refused URL."""
    with pytest.raises(InvalidUrl) as caught:
        Origin.of(url, source)
    return caught.value.message


# Accepted URLs


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://arka-ai.com", "https://arka-ai.com"),
        ("https://arka-ai.com/", "https://arka-ai.com"),
        ("https://arka-ai.com/api/v1", "https://arka-ai.com"),
        ("https://arka-ai.com:443/api", "https://arka-ai.com"),
        ("https://arka-ai.com:0443", "https://arka-ai.com"),
        ("HTTPS://ARKA-AI.com:8443", "https://arka-ai.com:8443"),
        ("https://a_b.internal", "https://a_b.internal"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://10.0.0.1:65535", "https://10.0.0.1:65535"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443"),
        ("https://3com.example", "https://3com.example"),
        ("http://localhost:8000/api", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.1.2.3:80", "http://127.1.2.3"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origin_omits_the_default_port(url: str, origin: str) -> None:
    assert str(Origin.of(url)) == origin
    assert Origin.of(str(Origin.of(url))) == Origin.of(url)


def test_origin_has_scheme_host_and_port() -> None:
    origin = Origin.of("https://arka-ai.com/api")
    assert (origin.scheme, origin.host, origin.port) == ("https", "arka-ai.com", 443)
    assert repr(origin) == "Origin('https://arka-ai.com')"


def test_origins_are_equal_only_if_all_parts_are() -> None:
    origin = Origin.of("https://arka-ai.com/a")
    assert origin == Origin.of("https://ARKA-AI.com:443/b")
    assert len({origin, Origin.of("https://arka-ai.com")}) == 1
    others = [
        "http://localhost",
        "https://arka-ai.com:444",
        "https://eu.arka-ai.com",
        "https://arka-ai.com.evil.example",
    ]
    for other in [*others, "https://evilarka-ai.com", "https://ai.com"]:
        assert origin != Origin.of(other)
    assert origin != "https://arka-ai.com"


# Refused URLs


HOSTILE = [
    "",
    "arka-ai.com",
    "//arka-ai.com",
    "https:arka-ai.com",
    "https:/arka-ai.com",
    "https:\\\\arka-ai.com",
    "ftp://arka-ai.com",
    "javascript://arka-ai.com",
    "file:///etc/passwd",
    " https://arka-ai.com",
    "https ://arka-ai.com",
    "https://",
    "https:///api",
    "https://:443",
    "https://?x",
    # user names before an @, backslashes and escapes (CVE-2024-53858 and similar)
    "https://arka-ai.com@evil.example",
    "https://user:password@arka-ai.com",
    "https://@arka-ai.com",
    "https://evil.example\\@arka-ai.com",
    "https://evil.example\\.arka-ai.com",
    "https://evil.example%2f.arka-ai.com",
    "https://evil.example%00.arka-ai.com",
    "https://arka-ai%2ecom",
    "https://evil.example;.arka-ai.com",
    "https://evil.example,arka-ai.com",
    "https://evil.example#.arka-ai.com",
    "https://evil.example?.arka-ai.com",
    # white space and control characters, which some parsers drop
    "https://arka-ai.com\n",
    "https://arka\t-ai.com",
    "https://arka-ai.com\r\nX-Header: 1",
    "https://arka-ai.com/\x00",
    "https://arka-ai.com/ x",
    "https://arka-ai .com",
    # letters and dots that look like others, or are normalized to them (CVE-2019-9636)
    "https://arka-ai\u3002com",
    "https://arka-ai\uff0ecom",
    "https://arka\uff0fai.com",
    "https://\u0430rka-ai.com",
    "https://arka-ai.c\u2126m",
    "https://evil.c\u2100.arka-ai.com",
    "https://arka-ai.com/\u202e",
    # invalid hosts
    "https://arka-ai.com.",
    "https://.arka-ai.com",
    "https://arka..ai.com",
    "https://-arka.com",
    "https://arka-.com",
    "https://*.arka-ai.com",
    "https://" + "a" * 64 + ".com",
    "https://" + ".".join(["a" * 60] * 5),
    # addresses in disguise
    "https://127.1",
    "https://0x7f.1",
    "https://0x7f000001",
    "https://2130706433",
    "https://0177.0.0.1",
    "https://127.0.0.01",
    "https://256.0.0.1",
    "https://1.2.3.4.5",
    "https://1.2.3",
    "https://host.0x1",
    "https://host.1",
    # IPv6 with zones, and invalid IPv6
    "https://[fe80::1%25eth0]",
    "https://[::1",
    "https://::1",
    "https://[]",
    "https://[::1]evil.example",
    "https://[::1]:",
    "https://[evil.example]",
    "https://[v1.x]",
    "https://[1.2.3.4]",
    "https://[:]",
    "https://[::1::2]",
    "https://[12345::1]",
    "https://[1:2:3:4:5:6:7:8:9]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:7f00:1]",
    "https://[0:0:0:0:0:0:0:1]",
    # ports
    "https://arka-ai.com:",
    "https://arka-ai.com:0",
    "https://arka-ai.com:65536",
    "https://arka-ai.com:+443",
    "https://arka-ai.com:-443",
    "https://arka-ai.com:4_43",
    "https://arka-ai.com: 443",
    "https://arka-ai.com:443:80",
    "https://arka-ai.com:https",
    "https://arka-ai.com:٤٤٣",
    "https://arka-ai.com:000000443",
    # parts that a base URL cannot have, and paths with '..'
    "https://arka-ai.com?x=1",
    "https://arka-ai.com/#x",
    "https://arka-ai.com/../x",
    "https://arka-ai.com/api/./x",
    "https://arka-ai.com/api\\x",
    'https://arka-ai.com/"x',
    "https://arka-ai.com/<x>",
]


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_url_that_parsers_read_differently_is_an_error(url: str) -> None:
    assert read_refusal(url, "ARKA_API_URL").startswith("ARKA_API_URL: ")


CLEAR = [
    "http://arka-ai.com",
    "http://localhost.evil.example",
    "http://evil-localhost",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://[::2]",
    "http://[::]",
]


@pytest.mark.parametrize("url", CLEAR)
def test_http_is_accepted_for_loopback_only(url: str) -> None:
    assert "would send the token in clear text" in read_refusal(url)
    assert str(Origin.of(url.replace("http", "https", 1))) == url.replace("http", "https", 1)


def test_http_error_hints_the_same_url_with_https() -> None:
    with pytest.raises(InvalidUrl) as caught:
        Origin.of("http://arka-ai.com/api")
    assert caught.value.hint == "use https://arka-ai.com/api"


def test_url_error_does_not_repeat_a_password() -> None:
    assert "hunter2" not in read_refusal("https://ada:hunter2@arka-ai.com/x", "the profile")


def test_url_error_escapes_control_characters() -> None:
    said = read_refusal("https://arka-ai.com/\x1b[31m")
    assert "\x1b" not in said
    assert r"\x1b[31m" in said


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("[::1]", True),
        ("127.0.0.1.evil.example", False),
        ("127.evil.example", False),
        ("localhost.evil.example", False),
        ("128.0.0.1", False),
    ],
)
def test_is_loopback_recognizes_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# Comparison with the standard library

WORDS = r"""
    https:// http:// HTTPS:// :// / // \ @ : . .. ? # %2f % localhost 127.0.0.1 arka-ai.com evil.example a 0x7f 1
    [ ] [::1] ::1 %25eth0 :80 :443 :0 :65535 :65536 :+1 ; _ - & = ~
"""
PIECES = st.sampled_from(WORDS.split()) | st.sampled_from(" \t\n\u3002\uff0f\u2100")
URL_LIKE = st.lists(PIECES, max_size=8).map("".join)
HOSTS = st.text(st.sampled_from("abc01.-_"), max_size=8) | st.text(st.sampled_from("a1.[]:%@\\\u3002 "), max_size=8)
NEARLY_PLAIN = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http", "Https"]),
    HOSTS | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format),
    st.just("") | st.integers(-1, 70000).map(":{}".format) | st.text(max_size=3).map(":{}".format),
    st.just("") | st.text(max_size=8).map("/{}".format),
)


@given(URL_LIKE | NEARLY_PLAIN | st.text())
@example("https://[::1]evil.example:443")
@example("https://evil.example\\@arka-ai.com")
def test_origin_agrees_with_urlsplit_on_every_accepted_url(url: str) -> None:
    try:
        origin = Origin.of(url)
    except InvalidUrl:
        event("refused")
        return
    event("taken")
    parts = urlsplit(url)
    assert parts.scheme == origin.scheme
    assert parts.hostname == origin.host.strip("[]")
    assert (PORTS[parts.scheme] if parts.port is None else parts.port) == origin.port
    assert (parts.username, parts.password, parts.query, parts.fragment) == (None, None, "", "")


@given(URL_LIKE | NEARLY_PLAIN | st.text())
def test_origin_of_an_origin_is_the_same(url: str) -> None:
    try:
        origin = Origin.of(url)
    except InvalidUrl:
        return
    assert Origin.of(str(origin)) == origin


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("127.0.0.1:8765", "use http://127.0.0.1:8765"),
        ("localhost:8765/api", "use http://localhost:8765/api"),
        ("[::1]:8765", "use http://[::1]:8765"),
        ("arka-ai.com", "use https://arka-ai.com"),
        ("arka-ai.com:8443/api", "use https://arka-ai.com:8443/api"),
        ("ftp://arka-ai.com", ""),
        ("two words", ""),
        ("", ""),
    ],
)
def test_url_without_a_scheme_gets_a_hint_with_it(url: str, hint: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        Origin.of(url, "--api-url")
    assert caught.value.hint == hint
