"""One vendor per file, each behind a port. Built in app and nowhere else."""
