"""The work of the site: tasks, alerts, calls, questions, requests, and the contact book."""
