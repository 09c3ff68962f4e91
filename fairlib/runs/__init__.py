"""In what order is a contest run, where is it written, and how recorded?"""
