"""The web server: HTTP, the live stream, the pages. No learning happens here, and torch is never imported."""
