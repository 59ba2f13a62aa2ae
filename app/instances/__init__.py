"""DICOM instances received, under pseudonyms, so that one sent twice becomes one image."""
