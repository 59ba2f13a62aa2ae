"""The Sonoloop API: accounts, images, segmentation jobs; decodes no pixels and loads no network."""
