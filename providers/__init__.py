"""Studios' protocols as pure translations.  `PROVIDERS` is the list: being in it is being tested."""

from providers.bogus import BOGUS
from providers.contract import Provider

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (BOGUS,)}
"""Every protocol, by its name.  A new one is written here by hand."""
