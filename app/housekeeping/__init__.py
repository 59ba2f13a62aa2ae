"""Housekeeping: repeating messages, taking jobs back from dead workers, deleting orphans."""
