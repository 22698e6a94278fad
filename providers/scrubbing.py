"""What the kept text of an exchange must lose, written once: the values of a protocol's secret fields.

By text and not by meaning, because what was refused unread (a bad signature, half a body) is kept too, and a token
in it is as good as in any other.  It never raises and never parses.
"""

import re
from collections.abc import Callable, Iterable

STARS = "***"
QUERY = re.compile(r"\A([A-Z]+ [^\s?]*\?)\S+")


def starred(*fields: str, query: bool = False, after: str | None = None) -> Callable[[str], str]:
    """Stars for the values of these fields, in JSON, in a form, and in a query, however their names are `spelled`.

    A text that was cut off within the value loses what there is of it.  With `query` the whole query of the request's
    line goes: where a secret travels in it, no spelling of its name may keep it.  What stands `after` this step of
    the line's path goes too.
    """
    names = tuple(field.lower() for field in fields)
    plain, encoded = _fields(map(re.escape, names)), _fields(map(spelled, names))
    in_path = re.compile(rf"\A([A-Z]+ [^\s?]*/{spelled(after)}/)[^\s?]+", re.IGNORECASE) if after else None

    def scrub(text: str) -> str:
        if in_path:
            text = in_path.sub(rf"\1{STARS}", text, count=1)
        if query:
            text = QUERY.sub(rf"\1{STARS}", text, count=1)
        if "%" in text or "\\" in text:
            return encoded(text)
        # A name that can only stand for itself is looked for as it is: most texts hold none.
        lower = text.lower()
        return plain(text) if any(name in lower for name in names) else text

    return scrub


def _fields(names: Iterable[str]) -> Callable[[str], str]:
    """Stars for the values of the fields whose names match one of the patterns."""
    any_name = "|".join(names)
    in_json = re.compile(
        rf'("(?:{any_name})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)', re.IGNORECASE | re.DOTALL
    )
    in_form = re.compile(rf"((?:^|[?&\s])(?:{any_name})=)[^&\s]+", re.IGNORECASE)
    return lambda text: in_form.sub(rf"\1{STARS}", in_json.sub(rf'\1"{STARS}"', text))


def spelled(name: str) -> str:
    r"""The pattern of a name as it may travel: each character as itself, as ``%XX`` or as ``\u00XX``, in any case.

    The three begin differently and none repeats, so that there is one way to match and nothing to try again.
    """
    return "".join(
        rf"(?:{re.escape(letter)}|(?:%|\\u00)(?:{ord(letter.lower()):02x}|{ord(letter.upper()):02x}))"
        for letter in name
    )
