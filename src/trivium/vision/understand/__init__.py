"""Understanding a trained classifier: where it errs, how sure it may be, what it looks at, whether more photos help."""
