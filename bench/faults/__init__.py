"""Faults: rounds are played over lines that fail, at a gateway whose parts are killed, and an outsider keeps count.

`schedule` says what breaks and when, `breaker` breaks it; `line` and `proxy` are the lines; `play` are the studios; `model`
is the outsider, who knows only what was sent and what was answered.  It touches no server but those that it started.
"""
