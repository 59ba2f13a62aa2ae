"""Housekeeping: repeat messages, take jobs back from dead workers, delete orphans."""
