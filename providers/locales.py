"""Languages as studios write them: ``en``, ``en_GB``, ``eng``; from the tag that a player has (BCP 47).

Pure tables.  A language that is not in the table of three-letter codes is English, because every studio has it.
"""

from collections.abc import Mapping
from typing import TypeVar

from providers.outbound import Channel

Word = TypeVar("Word")

LETTERS = """
aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak be bel bg bul bi bis bm bam bn ben
bo bod br bre bs bos ca cat ce che ch cha co cos cr cre cs ces cu chu cv chv cy cym da dan de deu dv div dz dzo ee ewe
el ell en eng eo epo es spa et est eu eus fa fas ff ful fi fin fj fij fo fao fr fra fy fry ga gle gd gla gl glg gn grn
gu guj gv glv ha hau he heb hi hin ho hmo hr hrv ht hat hu hun hy hye hz her ia ina id ind ie ile ig ibo ii iii ik ipk
io ido is isl it ita iu iku ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz kl kal km khm kn kan ko kor kr kau ks kas
ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao lt lit lu lub lv lav mg mlg mh mah mi mri mk mkd
ml mal mn mon mr mar ms msa mt mlt my mya na nau nb nob nd nde ne nep ng ndo nl nld nn nno no nor nr nbl nv nav ny nya
oc oci oj oji om orm or ori os oss pa pan pi pli pl pol ps pus pt por qu que rm roh rn run ro ron ru rus rw kin sa san
sc srd sd snd se sme sg sag si sin sk slk sl slv sm smo sn sna so som sq sqi sr srp ss ssw st sot su sun sv swe sw swa
ta tam te tel tg tgk th tha ti tir tk tuk tl tgl tn tsn to ton tr tur ts tso tt tat tw twi ty tah ug uig uk ukr ur urd
uz uzb ve ven vi vie vo vol wa wln wo wol xh xho yi yid yo yor za zha zh zho zu zul
""".split()  # noqa: SIM905 - a table
THREE: Mapping[str, str] = dict(zip(LETTERS[::2], LETTERS[1::2], strict=True))
"""ISO 639-1 to ISO 639-3, which for these is ISO 639-2's terminological code."""

REGIONS: Mapping[str, str] = {
    "cs": "CZ",
    "da": "DK",
    "el": "GR",
    "en": "GB",
    "et": "EE",
    "fil": "PH",
    "ja": "JP",
    "ko": "KR",
    "nb": "NO",
    "no": "NO",
    "sl": "SI",
    "sq": "AL",
    "sr": "RS",
    "sv": "SE",
    "uk": "UA",
    "vi": "VN",
    "zh": "CN",
}
"""Where a language without a region is spoken, unless the region is called as the language is."""


def two_letters(language: str) -> str:
    """``pt`` of ``pt-BR``."""
    return language.partition("-")[0].lower()


def three_letters(language: str) -> str:
    """``por`` of ``pt-BR``; a code of three letters stays."""
    code = two_letters(language)
    return code if len(code) == 3 else THREE.get(code, "eng")


def with_region(language: str, separator: str = "_") -> str:
    """``pt_BR`` of ``pt-BR``, ``en_GB`` of ``en``, ``de_DE`` of ``de``."""
    code, *parts = language.split("-")
    told = next((part.upper() for part in parts if len(part) == 2 and part.isalpha()), None)
    return f"{code.lower()}{separator}{told or REGIONS.get(code.lower(), code.upper())}"


def on(channel: Channel, desktop: Word, mobile: Word) -> Word:
    """A studio's own word for what is played on."""
    return {Channel.DESKTOP: desktop, Channel.MOBILE: mobile}[channel]
