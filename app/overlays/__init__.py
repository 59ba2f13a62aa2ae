"""Pictures with a mask drawn on them, made on first request and then stored."""
