"""Studios' protocols as pure translations.  `PROVIDERS` is the list: being in it is being tested."""

from providers.alea import ALEA
from providers.bogus import BOGUS
from providers.caleta import CALETA
from providers.evenbet import EVENBET
from providers.evenbet_casino import EVENBET_CASINO
from providers.evolution import EVOLUTION
from providers.hub88 import HUB88
from providers.mgplus import MGPLUS
from providers.pgsoft import PGSOFT
from providers.pragmatic import PRAGMATIC
from providers.provider import Provider
from providers.slotegrator import SLOTEGRATOR
from providers.softswiss_v1 import SOFTSWISS_V1
from providers.softswiss_v2 import SOFTSWISS_V2
from providers.spribe import SPRIBE
from providers.st8 import ST8
from providers.yggdrasil import YGGDRASIL

PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        ALEA,
        BOGUS,
        CALETA,
        EVENBET,
        EVENBET_CASINO,
        EVOLUTION,
        HUB88,
        MGPLUS,
        PGSOFT,
        PRAGMATIC,
        SLOTEGRATOR,
        SOFTSWISS_V1,
        SOFTSWISS_V2,
        SPRIBE,
        ST8,
        YGGDRASIL,
    )
}
"""Every protocol, by its name.  A new one is written here by hand."""
