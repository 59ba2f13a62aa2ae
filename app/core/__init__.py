"""The base of every capability: settings, database, blobs, problems, security, audit, events."""
