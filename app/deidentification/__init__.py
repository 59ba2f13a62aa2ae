"""Options of the de-identification profile (PS3.15 E.3) that an administrator may turn on."""
