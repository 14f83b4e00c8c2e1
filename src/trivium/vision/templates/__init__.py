"""Templates: a working project in one press, on a machine without network, from pictures that Trivium composes.

`table` lists them, `things`, `drawings` and `inspection` compose their photos, `making` makes a project of one.
"""
