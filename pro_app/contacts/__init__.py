"""The contact book: who a patient is and how to reach her, apart from all else."""
