"""Answering: alerts, cases, tasks, and what leaves the house."""
