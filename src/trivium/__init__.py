"""Trivium: teach a camera, a car and a composer, on your own computer."""

__version__ = "0.1.0"
