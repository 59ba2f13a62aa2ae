"""The worklist: images that a caller may see, filtered, sorted, paged."""
