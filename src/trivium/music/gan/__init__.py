"""The GAN: writes accompaniment to a melody."""
