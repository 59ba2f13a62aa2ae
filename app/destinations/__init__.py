"""Setting where results go, seeing what was delivered, sending again."""
