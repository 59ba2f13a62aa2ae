"""Deployments: the model version that serves a project, since when, by whose decision and why."""
