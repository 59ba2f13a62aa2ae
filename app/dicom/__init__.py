"""DICOM as a PACS speaks it: STOW-RS, C-STORE, watched folders. All lead into one ingest path."""
