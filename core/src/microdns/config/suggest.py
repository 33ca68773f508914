"""Did you mean …?"""

from collections.abc import Iterable

LISTED_MAX = 12
_LENGTH_MAX = 64


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like ``word``, if any comes close."""
    from difflib import get_close_matches  # only a mistake pays for loading it

    by_folded = {name.lower().replace("-", "_"): name for name in known}
    folded = word[:_LENGTH_MAX].lower().replace("-", "_")
    matches = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def hint(word: str, known: Iterable[str], *, mark: str = "{}") -> str:
    """`` (did you mean x?)``, or what there is; ``mark`` shows how a name is written."""
    names = sorted(set(known))
    match = closest(word, names)
    if match is not None:
        return f" (did you mean {mark.format(match)}?)"
    if not names:
        return ""
    listed = ", ".join(mark.format(name) for name in names[:LISTED_MAX])
    return f" (known here: {listed}{', …' if len(names) > LISTED_MAX else ''})"
