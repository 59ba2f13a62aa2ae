"""Writing an export: samples from rows, and an archive in parts that survive a killed worker."""
