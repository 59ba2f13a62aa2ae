"""Results as DICOM objects, for people who download them and scripts that wait for them."""
