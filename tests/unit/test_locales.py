"""Languages and channels in the words of studios."""

import pytest

from providers.locales import THREE, on, three_letters, two_letters, with_region
from providers.outbound import Channel


@pytest.mark.parametrize(
    ("tag", "two", "three", "region"),
    [
        ("en", "en", "eng", "en_GB"),
        ("en-US", "en", "eng", "en_US"),
        ("de", "de", "deu", "de_DE"),
        ("pt-BR", "pt", "por", "pt_BR"),
        ("zh-Hant-TW", "zh", "zho", "zh_TW"),
        ("zh-Hant", "zh", "zho", "zh_CN"),
        ("sv", "sv", "swe", "sv_SE"),
        ("nb", "nb", "nob", "nb_NO"),
        ("fil", "fil", "fil", "fil_PH"),
        ("xx", "xx", "eng", "xx_XX"),
    ],
)
def test_a_language_is_written_as_a_studio_wants_it(tag, two, three, region):
    """Two letters, three letters, and with a region, from one tag."""
    assert (two_letters(tag), three_letters(tag), with_region(tag)) == (two, three, region)
    assert with_region(tag, "-") == region.replace("_", "-")


def test_every_language_of_two_letters_has_three():
    """The table is ISO 639-1's, each code once, and none of them twice."""
    assert len(THREE) == len(set(THREE.values())) == 183
    assert all(len(two) == 2 and len(three) == 3 for two, three in THREE.items())


def test_a_channel_is_a_studios_own_word():
    """Desktop and mobile, whatever a studio calls them."""
    assert [on(channel, "WEB", "MOBILE") for channel in Channel] == ["WEB", "MOBILE"]
