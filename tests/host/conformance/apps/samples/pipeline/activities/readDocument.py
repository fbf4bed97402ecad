import azure.durable_functions as df

name = "readDocument"
bp = df.Blueprint()


@bp.function_name(name)
@bp.activity_trigger(input_name="file")
def read(file: dict):
    return f"the text of {file['name']}"
