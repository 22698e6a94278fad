"""Simulated studios: strangers to the service, one file each.  `STUDIOS` is the list."""

from bench.studios.alea import Alea
from bench.studios.bogus import Bogus
from bench.studios.caleta import Caleta
from bench.studios.contract import Studio
from bench.studios.evenbet import EvenBet
from bench.studios.evenbet_casino import EvenBetCasino
from bench.studios.evolution import Evolution
from bench.studios.hub88 import Hub88
from bench.studios.mgplus import Mgplus
from bench.studios.pgsoft import Pgsoft
from bench.studios.pragmatic import Pragmatic
from bench.studios.slotegrator import Slotegrator
from bench.studios.softswiss_v1 import SoftswissV1
from bench.studios.softswiss_v2 import SoftswissV2
from bench.studios.spribe import Spribe
from bench.studios.st8 import St8
from bench.studios.yggdrasil import Yggdrasil

STUDIOS: dict[str, type[Studio]] = {
    studio.name: studio
    for studio in (
        Alea,
        Bogus,
        Caleta,
        EvenBet,
        EvenBetCasino,
        Evolution,
        Hub88,
        Mgplus,
        Pgsoft,
        Pragmatic,
        Slotegrator,
        SoftswissV1,
        SoftswissV2,
        Spribe,
        St8,
        Yggdrasil,
    )
}
"""Every simulated studio, by the name of its protocol."""

MEASURED = (Bogus.name, Hub88.name, Pragmatic.name)
"""Those that benchmarks play, ours first: a keyed hash over JSON, a public key over JSON, a digest over a form."""
