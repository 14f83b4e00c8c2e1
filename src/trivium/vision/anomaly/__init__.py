"""Not like the others: a model that has seen good photos alone, and tells what is unlike them, and where."""
