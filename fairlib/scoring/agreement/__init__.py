"""Do the jurors agree, and what does that support?"""
