"""Words and moments that somebody typed: whether they are some, and whether anybody can see them.

Pure, but for the clock that a past moment is held against.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)  # the operator's other clocks may be ahead of ours
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)  # the driver tells Postgres -infinity
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
PLAIN = r"^(?![\s\S]*[\x00-\x1f\x7f])"  # no control character anywhere, a last line break, which ``$`` lets pass, neither
SEEN = frozenset("LNPS")  # letters, numbers, punctuation, symbols, as Unicode sorts them
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a symbol that show nothing


def is_seen(text: str) -> bool:
    """Whether a text shows anything, and is not white space and invisible characters alone."""
    return any(unicodedata.category(letter)[0] in SEEN and letter not in BLANK for letter in text)


def check_word(name: str, word: str, maximum: int) -> None:
    """Raise ValueError for what is no word of at most `maximum` bytes; its first word is the field."""
    try:
        size = len(word.encode())
    except UnicodeEncodeError:
        size = 0
    if not 1 <= size <= maximum or CONTROL.search(word):
        raise ValueError(f"{name} must have 1 to {maximum} bytes and no control characters")
    if not is_seen(word):
        raise ValueError(f"{name} must hold more than white space and invisible characters")


def check_past(name: str, moment: datetime) -> None:
    """Raise ValueError for a moment without a time zone, or that lies ahead."""
    if moment.tzinfo is None:
        raise ValueError(f"{name} has a time zone")
    try:
        beyond = moment.astimezone(UTC) == FIRST_MOMENT
    except OverflowError:
        beyond = True
    if beyond:
        raise ValueError(f"{name} lies beyond the calendar")
    if moment > datetime.now(UTC) + CLOCK_SKEW:
        raise ValueError(f"{name} lies in the future")
