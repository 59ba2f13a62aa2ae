"""Network architectures. Each takes RGB in 0..255 and returns lesion logits of the input's size."""
