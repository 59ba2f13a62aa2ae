"""Writing an export: samples from rows, an archive in parts that survive a killed worker."""
