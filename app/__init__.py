"""The Sonoloop API: accounts, images, segmentation jobs; holds no pixels and loads no network."""
