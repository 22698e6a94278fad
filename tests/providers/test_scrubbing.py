"""No token and no signature is kept with an exchange, whatever became of it."""

import tracemalloc
from time import process_time

import pytest
from msgspec.structs import replace

from gateway.exchanges import HIDDEN
from providers import PROVIDERS
from providers.contract import Profile, Sex
from providers.scrubbing import STARS, starred
from tests.providers.test_transcripts import transcripts_of

SECRET = "S6K5IgBWSSp_GpIT629"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"token":"{SECRET}"}}',
        f'{{"a":1, "Token" : "{SECRET}","b":2}}',
        f'{{"token":"{SECRET}\\"more{SECRET}","b":2}}',
        f'{{"token":"{SECRET}',
        f'{{"token":["{SECRET}"],"b":2}}',
        f'{{"token" : [ "{SECRET}" ] ,"b":2}}',
        f'{{"token": [ "]", "\\"[{{", "{SECRET}" ],"b":2}}',
        f'{{"token": {{ "value": "{SECRET}", "more" : 1 }}, "b":2}}',
        f'{{"token":\n[\n1,\t"{SECRET}"\n], "b":2}}',
        f'{{"token": [ "{SECRET}',
        f'{{"token": [ "a", "{SECRET}\\',
        f'{{"token": {{ "value": "{SECRET}", ',
        f"token={SECRET}&b=2",
        f"POST /callbacks/a/bet?b=1&token={SECRET}\n\n",
        f"POST /callbacks/a/bet\n\ntoken={SECRET}&hash={SECRET}",
        f"a=1&hash={SECRET}",
    ],
)
def test_a_value_becomes_stars(text):
    """In JSON, in a form and in a query, whole or cut off, between other fields that stay."""
    scrubbed = starred("token", "hash")(text)
    assert SECRET not in scrubbed
    assert STARS in scrubbed
    assert scrubbed.count("b") == text.replace(SECRET, "").count("b")


@pytest.mark.parametrize(
    "value",
    [
        f'[ }} "{SECRET}" ]',
        f'[ [ 1 ], "{SECRET}" ]',
        f'{{ "a": {{ }}, "b": [ "{SECRET}" ] }}',
        f'[ {{ "a": "{SECRET}',
    ],
)
@pytest.mark.parametrize("name", ["token", "tok\\u0065n"])
def test_a_list_within_a_value_takes_the_rest(name, value):
    """Where such a value ends is not looked for: what follows it goes with it."""
    text = f'{{"a":1,"{name}": {value} , "c":2}}'
    assert starred("token")(text) == f'{{"a":1,"{name}": "{STARS}"'


@pytest.mark.parametrize(
    "value", ['"' + "x" * 1_000_000, "[" + '"[",' * 300_000, "[" + " " * 1_000_000, '{"a":' * 200_000]
)
def test_a_long_value_goes_in_no_room(value):
    """Whatever a value repeats, looking for its end keeps no more than the text itself."""
    text = f'{{"token":{value}'
    tracemalloc.start()
    try:
        scrubbed = starred("token")(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert scrubbed == f'{{"token":"{STARS}"'
    assert most < 3 * len(text)


@pytest.mark.parametrize("name", ["token", "tok%65n", "%74oken", "other"])
def test_a_query_that_holds_a_secret_goes_whole(name):
    """However its name is spelled; the line and the body stay, and an answer is no request."""
    scrub = starred("sid", query=True)
    body = '\n\n{"a":"GET /b?c=d","sid":"x"}'
    scrubbed = scrub(f"POST /callbacks/a/bet?{name}={SECRET}&b={SECRET}{body}")
    assert scrubbed == f"POST /callbacks/a/bet?{STARS}" + body.replace('"x"', f'"{STARS}"')
    assert scrub('{"a":"b?c"}') == '{"a":"b?c"}'


def test_a_step_of_the_path_that_is_a_secret_goes():
    """What stands behind the named step of a request's line is gone, and the query and the body stay."""
    scrub = starred("token", after="sessions")
    assert scrub(f"GET /callbacks/a/sessions/{SECRET}/b?c=d") == f"GET /callbacks/a/sessions/{STARS}?c=d"
    assert scrub(f"GET /callbacks/sessions/players/{SECRET}\n\n/sessions/b").endswith("\n\n/sessions/b")
    encoded = "GET /callbacks/a/%73ession%53/"
    assert scrub(f"{encoded}{SECRET}/b") == f"{encoded}{STARS}"
    assert scrub("{GET /sessions/b}") == "{GET /sessions/b}"


SPELLINGS = ["{0}", "%{1:02x}", "%{1:02X}", "\\u{1:04x}", "\\u{1:04X}"]
SECRET_FIELDS = ["secret_key", "operator_player_session", "sid", "operatorLoginToken"]


@pytest.mark.parametrize("name", SECRET_FIELDS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_name_is_known_however_it_is_spelled(name, spelling):
    """Any one character of it, or all of them, may be percent-encoded or escaped, and the value goes all the same."""
    scrub = starred(*SECRET_FIELDS)
    spelled = [spelling.format(letter, ord(letter)) for letter in name]
    names = [name[:at] + spelled[at] + name[at + 1 :] for at in range(len(name))]
    for written in ("".join(spelled), *names, *(one.swapcase() for one in names if "\\" not in one)):
        assert scrub(f"a=1&{written}={SECRET}&b=2") == f"a=1&{written}={STARS}&b=2"
        assert scrub(f'{{"{written}" : "{SECRET}","b":2}}') == f'{{"{written}" : "{STARS}","b":2}}'
        assert scrub(f"GET /callbacks/a?{written}={SECRET}\n\n") == f"GET /callbacks/a?{written}={STARS}\n\n"


@pytest.mark.parametrize(
    "name",
    [
        *("token[]", "token[0]", "token[a][b]", "token[0", "token[?token]", "token[token]"),
        *("token%5B%5D", "tok%65n%5b0%5D", "user[token]", "user%5Btoken%5D[]", "a[0][Token][1]"),
    ],
)
def test_a_value_in_a_list_of_a_form_becomes_stars(name):
    """What `forms.unfolded` makes a list or an object of goes as it does in JSON, and what is named otherwise stays."""
    scrub = starred("token")
    for text in (f"a=1&{name}={SECRET}&b=2", f"POST /callbacks/a/bet?{name}={SECRET}\n\nb=2"):
        assert scrub(text) == text.replace(SECRET, STARS)
    text = f"a=1&{name.lower().replace('tok', 'spok')}={SECRET}&b=2"
    assert scrub(text) == text


@pytest.mark.parametrize("part", ["[a]%5b", "[token", "?token[", "%5btoken[", "[%5d"])
def test_the_end_of_a_name_is_looked_for_once(part):
    """However many brackets and names follow a name, a text of a megabyte is gone through in a moment."""
    text = "token" + part * (1_000_000 // len(part))
    began = process_time()
    assert starred("token")(text) == text
    assert process_time() - began < 10


def test_what_is_not_named_stays():
    """A field whose name ends like a secret's is another field."""
    text = '{"subtoken":"a","user":"token"}?mytoken=b&note=token'
    assert starred("token")(text) == text
    text = 'to%6ben%31=a&%74oke=b&token%5f=c\n{"\\u0074oke":1,"\\u0174oken":2}'
    assert starred("token")(text) == text


def test_the_stars_are_the_same_everywhere():
    """One word for what is hidden, in logs and in exchanges."""
    assert STARS == HIDDEN


BOOKED = {"player", "currency", "country", "jurisdiction", "brand", "registered_at", "test"}
"""What of a profile stays for good, because the books are sorted by it."""


def test_whatever_of_a_profile_is_not_booked_can_be_erased():
    """An answer that tells any field of a person is known for one: a new field is among those, or stands above."""
    bare = Profile("player-1", "EUR", "MT")
    more = {
        "birth_date": "1971-03-29",
        "language": "en",
        "labels": ("vip",),
        "affiliate": "a",
        "sex": Sex.FEMALE,
    }
    known = {"jurisdiction": "MGA", "brand": "b", "registered_at": "2026-01-01T00:00:00Z", "test": True}
    whole = replace(bare, **more, **known)
    assert set(Profile.__struct_fields__) == BOOKED | more.keys()
    assert whole.erased == replace(bare, **known)


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_recorded_request_keeps_its_token(name):
    """Every protocol names the field of its token: of a request that nobody has read, it is gone too."""
    scrub = PROVIDERS[name].scrub
    for _, transcript in transcripts_of(name):
        for episode in transcript.episodes:
            token = None if episode.asked is None else episode.asked.get("token")
            if token:
                request = episode.request
                assert token not in scrub(f"{request.method} {request.target}\n\n{request.body.decode()}")
