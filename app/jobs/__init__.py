"""Jobs: rows with leases. The row is the truth; messages only say that there is one."""
