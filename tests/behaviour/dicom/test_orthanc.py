"""The tests' PACS is real: it accepts our files, requires a password and supports DICOMweb."""

import httpx
from dicomweb_client import DICOMwebClient
from requests import Session

from tests.orthanc import Orthanc
from tests.synthetic import ultrasound, ultrasound_dicom


def test_orthanc_gives_back_by_dicomweb_what_was_stored(orthanc: Orthanc) -> None:
    orthanc.store(ultrasound_dicom(ultrasound(96, 128)))
    session = Session()
    session.auth = orthanc.auth
    client = DICOMwebClient(orthanc.dicomweb_url, session=session)
    (study,) = client.search_for_studies(fields=["StudyInstanceUID"])
    (found,) = client.retrieve_study(study["0020000D"]["Value"][0])
    assert (found.Rows, found.Columns) == (96, 128)
    assert httpx.get(f"{orthanc.url}/system").status_code == 401
