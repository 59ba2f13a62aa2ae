"""What every capability stands on: settings, database, blobs, problems, security, audit, events."""
