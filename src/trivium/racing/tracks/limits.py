"""What a track file may be."""

TRACK_CAP_BYTES = 8_000_000  # of a .npy file; 500 waypoints take 24 kB
MAX_ROWS = 2_000
MIN_ROWS = 8  # fewer corners than this is no drivable road
MIN_LENGTH_M, MAX_LENGTH_M = 3.0, 1_000.0
MIN_WIDTH_M, MAX_WIDTH_M = 0.2, 4.0
