"""Deployments: which model version serves a project, since when, by whose decision and why."""
