"""The Arduino road: sketch, builders, uploaders."""
