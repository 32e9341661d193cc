"""Codes with the words people use for them."""

from enum import StrEnum


class Labelled(StrEnum):
    """An enum whose members know what people call them, in Chinese and English."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> "Labelled":
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member
