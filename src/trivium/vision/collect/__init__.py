"""Collecting: photos and films found, read in confined processes, stored by content, checked, kept in a bucket."""
