"""Simulated studios: strangers to the service, one file each.  `STUDIOS` is the list."""

from bench.studios.bogus import Bogus
from bench.studios.contract import Studio

STUDIOS: dict[str, type[Studio]] = {studio.name: studio for studio in (Bogus,)}
"""Every simulated studio, by the name of its protocol."""
