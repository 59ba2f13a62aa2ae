"""The networks that workers have loaded, with their cards."""
