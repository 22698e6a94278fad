"""Of which accounts every call is signed, where a scheme may let it be otherwise: a provider's ``signed_where``.

Pure.  It says nothing of one request: that is the check's.
"""

from providers.contract import Account
from providers.signing.checks import SIGNATURE_OPTIONAL, secret_and_salt


def always(_account: Account) -> bool:
    """For schemes that let nothing pass without a signature over what the call says."""
    return True


def unless_optional(account: Account) -> bool:
    """For a scheme whose signature an account may let be left out."""
    return account.settings.get(SIGNATURE_OPTIONAL) != "yes"


def with_salt(account: Account) -> bool:
    """For a scheme that signs where the secret has a salt: every active one must."""
    return all(secret_and_salt(secret)[1] is not None for secret in account.secrets)
