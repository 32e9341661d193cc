"""HTML and SVG put together so that no text can become markup."""

from html import escape


class Markup(str):
    """Text that is markup already; only `tag`, `join` and constants of ours make it."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str | int | float | bool | None) -> Markup:
    """An element: children that are no Markup are escaped, and so is every attribute.

    `class_` stands for `class`, `aria_label` for `aria-label`; None and False leave one out.
    """
    given = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*parts: str) -> Markup:
    """The parts one after the other, those that are no Markup escaped."""
    return Markup(
        "".join(part if isinstance(part, Markup) else escape(part, quote=True) for part in parts)
    )


def _attribute(name: str, value: str | float | bool) -> str:
    if value is True:
        return f" {name}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(text, quote=True)}"'
