from core import progress


def count(text, unit):
    progress.Progress().update("counting", 50)
    return len(text.split()) if unit == "words" else len(text)
