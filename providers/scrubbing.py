"""What the kept text of an exchange must lose, written once: the values of a protocol's secret fields.

By text and not by meaning, because what was refused unread (a bad signature, half a body) is kept too, and a token
in it is as good as in any other.  It never raises and never parses.
"""

import re
from collections.abc import Callable

STARS = "***"
QUERY = re.compile(r"\A([A-Z]+ [^\s?]*\?)\S+")


def starred(*fields: str, query: bool = False, after: str | None = None) -> Callable[[str], str]:
    """Stars for the values of these fields, in JSON, in a form, and in a query, however their names are `spelled`.

    A text that was cut off within the value loses what there is of it.  With `query` the whole query of the request's
    line goes: where a secret travels in it, no spelling of its name may keep it.  What stands `after` this step of
    the line's path goes too.
    """
    names = "|".join(map(spelled, fields))
    in_json = re.compile(
        rf'("(?:{names})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)', re.IGNORECASE | re.DOTALL
    )
    in_form = re.compile(rf"((?:^|[?&\s])(?:{names})=)[^&\s]+", re.IGNORECASE)

    in_path = re.compile(rf"\A([A-Z]+ [^\s?]*/{spelled(after)}/)[^\s?]+", re.IGNORECASE) if after else None

    def scrub(text: str) -> str:
        if in_path:
            text = in_path.sub(rf"\1{STARS}", text, count=1)
        if query:
            text = QUERY.sub(rf"\1{STARS}", text, count=1)
        return in_form.sub(rf"\1{STARS}", in_json.sub(rf'\1"{STARS}"', text))

    return scrub


def spelled(name: str) -> str:
    r"""The pattern of a name as it may travel: each character as itself, as ``%XX`` or as ``\u00XX``, in any case.

    The three begin differently and none repeats, so that there is one way to match and nothing to try again.
    """
    return "".join(
        rf"(?:{re.escape(letter)}|(?:%|\\u00)(?:{ord(letter.lower()):02x}|{ord(letter.upper()):02x}))"
        for letter in name
    )
