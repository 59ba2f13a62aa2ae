"""Running everything on one machine: `sonoloop serve` starts, watches and stops the parts."""
