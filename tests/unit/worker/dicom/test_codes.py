"""Codes declared as DICOM's are in pydicom's dictionary of PS3.16."""

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code

from app.label_sets.ready import READY
from worker.dicom import codes


def known(code: Code) -> bool:
    by_keyword = concepts[code.scheme_designator].values()
    return any(code.value in meanings for meanings in by_keyword)


@pytest.mark.parametrize(
    "code",
    [
        one
        for one in (*codes._NAMES.values(), *codes._VALUES.values(), *codes._ORGANS.values())
        if one.scheme_designator in ("SCT", "DCM")
    ],
    ids=str,
)
def test_the_code_is_in_the_standard(code: Code) -> None:
    assert known(code)


def test_what_has_a_code_is_asked_by_a_ready_set() -> None:
    asked = {
        (attribute.name.casefold(), value)
        for one in READY
        for attribute in one.attributes
        for value, _ in attribute.choices or ((None, None),)
    }
    assert set(codes._NAMES) <= {name for name, _ in asked}
    assert set(codes._VALUES) <= asked
