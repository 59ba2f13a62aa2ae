"""What other systems are told: their addresses, and a job for each message."""
