"""What two versions say of the same images: measured, compared, and judged by the gate."""
