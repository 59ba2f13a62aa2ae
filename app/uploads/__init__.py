"""Large files in parts: what arrived stays, and sending goes on behind it."""
