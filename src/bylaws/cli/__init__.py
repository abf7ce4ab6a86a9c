"""The command `bylaws`, which puts the views together. Nothing else imports it."""
