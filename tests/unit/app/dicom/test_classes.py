"""Machines may send every transfer syntax that the decoders read."""

from pydicom.uid import UID

from app.dicom.classes import TRANSFER_SYNTAXES
from worker.ingest.dicom import ENCAPSULATED
from worker.ingest.dicom_cine import MPEG, codec_of


def test_what_the_decoders_read_is_taken_from_a_pacs() -> None:
    assert {str(one) for one in ENCAPSULATED} <= set(TRANSFER_SYNTAXES)
    assert set(MPEG) <= set(TRANSFER_SYNTAXES)
    fragmentable = {one for one in TRANSFER_SYNTAXES if one.count(".") == 8}
    assert fragmentable
    assert all(codec_of(UID(one)) for one in fragmentable)
