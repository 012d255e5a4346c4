"""One file a format: IDX files, a folder of pictures."""
