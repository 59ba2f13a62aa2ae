"""Running everything on one machine: `sonoloop serve` starts, supervises and stops the parts."""
