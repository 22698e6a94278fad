"""How many requests were sent, for the line that ``make fuzz`` ends with."""

from collections import Counter

COUNTED = Counter[str]()
