"""Kinds of exports: a file each, whose `files(library)` gives path -> text. toolkit.registry finds them.

Another package's, by the entry point `tinyml.exports`; `TITLE` says in a few words what it is for.
"""
