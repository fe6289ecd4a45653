"""What is known of a patient: versions, events, pauses, reasons."""
