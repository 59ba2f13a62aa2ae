"""Cross-validation of a whole recipe: trained, finished and judged without each fold in turn."""
