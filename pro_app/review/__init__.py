"""Looking over the data: queries to the site, never to a patient, and forms found fit or not."""
