"""The training pool: images with an approved revision, each in one part of one split."""
