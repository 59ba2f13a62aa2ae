"""Signed bundles: a model's update or a pool, from one site to another."""
