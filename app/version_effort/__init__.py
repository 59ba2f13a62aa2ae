"""The effort of correcting, by the version that made the first outline."""
