"""Striking: a transition goes wrong over and over. The machinery of `assert_undone`."""
