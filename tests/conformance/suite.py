"""How a test module states its cases: ``test_wildcards = agreement(*asks(...))``."""

from collections.abc import Callable

import pytest
from tests.conformance.questions import Case

Agree = Callable[[Case], None]


def agreement(*cases: Case) -> Callable[[Case, Agree], None]:
    """A test a case, each of which passes when we answer as the rule of ``judge`` wants."""
    names = [case.name for case in cases]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise ValueError(f"cases of one test need different names: {sorted(doubled)}")

    @pytest.mark.needs("nsd", "knotd", "named")
    @pytest.mark.parametrize("case", cases, ids=names)
    def test(case: Case, agree: Agree) -> None:
        agree(case)

    return test
