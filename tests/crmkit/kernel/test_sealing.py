import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel import ids
from crmkit.kernel.errors import Unavailable
from crmkit.kernel.sealing import new_secret, seal, unseal

KEY = base64.b64encode(os.urandom(32)).decode()
TENANT, ENDPOINT = ids.new(), ids.new()


@given(st.text())
def test_what_was_sealed_is_unsealed(secret: str) -> None:
    assert unseal(KEY, TENANT, ENDPOINT, seal(KEY, TENANT, ENDPOINT, secret)) == secret


def test_a_secret_is_32_bytes_and_never_the_same() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


def test_a_sealed_secret_is_of_no_use_in_another_row() -> None:
    sealed = seal(KEY, TENANT, ENDPOINT, "whsec_x")
    assert "whsec_x" not in sealed
    with pytest.raises(Unavailable):
        unseal(KEY, TENANT, ids.new(), sealed)
    with pytest.raises(Unavailable):
        unseal(KEY, ids.new(), ENDPOINT, sealed)


@pytest.mark.parametrize("key", ["", "short", "####", base64.b64encode(b"x" * 31).decode()])
def test_without_a_proper_key_nothing_is_sealed(key: str) -> None:
    with pytest.raises(Unavailable):
        seal(key, TENANT, ENDPOINT, "whsec_x")
