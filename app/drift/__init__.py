"""Drift: whether images, answers and corrections of a week are as they were."""
