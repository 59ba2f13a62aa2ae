"""DICOM instances that came here, under pseudonyms, so that the same one twice is one image."""
