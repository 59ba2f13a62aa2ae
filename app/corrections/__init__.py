"""An image with its revisions, as a person opens and corrects it."""
