"""DICOM from other systems: STOW-RS, C-STORE, watched folders. All share one ingest path."""
