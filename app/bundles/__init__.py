"""Signed bundles: a model update or a pool, sent from one site to another."""
