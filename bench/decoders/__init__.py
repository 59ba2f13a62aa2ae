"""Pictures as other decoders see them: a matrix of made files, decoded here and by peers."""
