"""What every studio uses; knows none of them."""
