"""How cursors of lists are written: URL-safe text without padding, one for the same bytes."""

import base64


def packed(raw: bytes) -> str:
    """As text, as `next_cursor` shows it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """What was packed; ValueError of any other text, also where it decodes to the same bytes."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if packed(raw) != text:
        raise ValueError("the decoder was lenient")
    return raw
