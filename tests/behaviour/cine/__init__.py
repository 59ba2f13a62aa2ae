"""Cines over HTTP."""
