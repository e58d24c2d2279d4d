"""REST under /api/v1, a subject a file: thin doors to commands and projections."""
