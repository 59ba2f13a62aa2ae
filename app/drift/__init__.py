"""Drift: whether a week's images, answers and corrections differ from earlier ones."""
