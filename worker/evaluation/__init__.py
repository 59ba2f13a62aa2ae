"""The answers of two versions to the same images: measured, compared, and judged by the gate."""
