"""What the columns of a file might be: by their names, as people write them, and their values."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from crmkit.kernel.written import amount_of

_CLOSE = 0.85
_EMPTY = "empty"
_LOOKS = {
    "day": re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?"),
    "phone": re.compile(
        r"\+[0-9][0-9 ()-]{6,18}|1[3-9][0-9]{9}|\(?0?[0-9]{2,4}\)?[ -][0-9]{3,4}[ -]?[0-9]{3,4}"
    ),
    "number": re.compile(r"[¥￥$]?-?[0-9,]{1,20}(\.[0-9]+)?"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url": re.compile(r"https?://\S+|(?i:www\.\S+|([a-z0-9-]+\.)+(com|cn|net|org|io|edu)(/\S*)?)"),
    "bool": re.compile(r"(?i:yes|no|y|n|true|false)|[是否对有无]"),
}
_BY_LOOKS = {"email": "email", "phone": "phone"}
"""The field of a column whose name says nothing, but whose values do."""
_IDS = re.compile(r"(?i:.*(id|no|number|key|code)\.?|.*(编号|序号|编码|代码|工号|单号|主键))")


def propose(
    names: Sequence[str],
    fields: Collection[str],
    called: Mapping[str, str],
    looks: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The field each column might be: by its own name, by what people call it, or nearly so; of
    those that are left, by what its values look like."""
    words = {_word(field): field for field in fields} | {_word(w): f for w, f in called.items()}
    found: dict[str, str] = {}
    for name in names:
        near = get_close_matches(_word(name), words, 1, _CLOSE)
        _take(found, fields, name, words[near[0]] if near else "")
    for name, kind in (looks or {}).items():
        if name not in found:
            _take(found, fields, name, _BY_LOOKS.get(kind, ""))
    return found


def _take(found: dict[str, str], fields: Collection[str], name: str, field: str) -> None:
    if field in fields and field not in found.values():
        found[name] = field


def propose_key(
    names: Sequence[str], samples: Mapping[str, Sequence[str]], mapped: Collection[str]
) -> str | None:
    """The first column named as ids are that becomes no field and never says the same twice."""
    for name in names:
        texts = samples[name]
        apart = texts and all(texts) and len(set(texts)) == len(texts)
        if apart and name not in mapped and _IDS.fullmatch(name.strip()):
            return name
    return None


def _word(name: str) -> str:
    return re.sub(r"[\s_\-:：*()（）.]", "", name).lower()


def looks_like(samples: Sequence[str]) -> str:
    """What the values of a column have in common: `day`, `phone`, `number`, `email`, `url`, `bool`,
    `money` (with a sign or a unit that no number has), `text` or `empty`."""
    filled = [sample for sample in samples if sample]
    if not filled:
        return _EMPTY
    for kind, pattern in _LOOKS.items():
        if all(pattern.fullmatch(sample) for sample in filled):
            return kind
    return "money" if all(map(_is_amount, filled)) else "text"


def _is_amount(text: str) -> bool:
    try:
        amount_of(text)
    except ValueError:
        return False
    return True
