"""The demonstration study: synthetic patients with four years of plausible history."""
