"""Acts on many images at once, which can be undone together."""
