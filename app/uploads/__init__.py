"""Large files in parts: what has arrived stays, and sending continues after it."""
