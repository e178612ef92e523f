"""Disaster-risk levels of Decision 18/2021/QĐ-TTg: the law as data, and the levels of observed and forecast days."""
