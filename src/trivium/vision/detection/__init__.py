"""Object detection: an anchor-free head on the frozen backbone, taught in minutes on a CPU by some 200 boxed photos."""
