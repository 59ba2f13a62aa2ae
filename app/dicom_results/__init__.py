"""Results as DICOM objects, for people who download them and for scripts that wait for them."""
