def is_list_of_files(value):
    return isinstance(value, list) and bool(value) and all("name" in file for file in value)
