"""Jobs: rows with leases. The row is the truth; messages only announce it."""
