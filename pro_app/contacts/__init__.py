"""The contact book: who a patient is and how to reach them, apart from all else."""
