"""Sealing anew: what an older master key sealed is sealed with the newest, so that the older one may go.

What opens with no key is left as it is and told; it keeps nothing else waiting.  It never shows a secret.
"""

from msgspec import Struct

from gateway.configured_accounts import own
from gateway.sealing import Sealing, SealingError
from wallet.audit import Author
from wallet.catalogue import Catalogue


class Resealed(Struct, frozen=True):
    """How many accounts were sealed anew, and why each secret that was not could not be opened."""

    accounts: int
    unopened: tuple[str, ...]


async def seal_anew(catalogue: Catalogue, sealing: Sealing, author: Author | None = None) -> Resealed:
    """Seal with the newest master key what an older one sealed."""
    count = 0
    unopened: list[str] = []
    for record in await catalogue.accounts():
        anew, left = await _account_anew(catalogue, sealing, record.slug, author)
        count += anew
        unopened += left
    return Resealed(count, tuple(unopened))


async def _account_anew(
    catalogue: Catalogue, sealing: Sealing, slug: str, author: Author | None
) -> tuple[bool, list[str]]:
    """Whether anything of an account was sealed anew, and what could not be opened; whatever changes meanwhile."""
    anew = False
    while True:
        record = await catalogue.account(slug)
        if record is None:
            return anew, []
        unopened: list[str] = []
        envelopes = [_anew(sealing, slug, each, unopened) for each in record.secrets]
        if envelopes != list(record.secrets):
            if not await catalogue.replace_secrets(slug, record.secrets, envelopes, author):
                continue
            anew = True
        if record.own_secret is not None:
            envelope = _anew(sealing, own(slug), record.own_secret, unopened)
            if envelope != record.own_secret:
                if not await catalogue.replace_own_secret(slug, record.own_secret, envelope, author):
                    continue
                anew = True
        return anew, unopened


def _anew(sealing: Sealing, name: str, envelope: bytes, unopened: list[str]) -> bytes:
    if sealing.is_newest(envelope):
        return envelope
    try:
        return sealing.seal(name, sealing.open(name, envelope))
    except SealingError as error:
        unopened.append(str(error))
        return envelope
