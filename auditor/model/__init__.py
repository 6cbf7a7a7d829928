"""The nouns: frozen, keyword-only, slotted dataclasses and enums; no behaviour that needs the outside."""
