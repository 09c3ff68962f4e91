"""Marks as ordered steps of a latent scale: what is a submission worth where steps are few or a ceiling is near?"""
