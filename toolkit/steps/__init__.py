"""The steps that api.py offers, each put together of stages, which know nothing of each other."""
