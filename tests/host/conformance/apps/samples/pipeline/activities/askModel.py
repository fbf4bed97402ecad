import json

import azure.durable_functions as df

bp = df.Blueprint()


@bp.function_name("askModel")
@bp.activity_trigger(input_name="question")
async def ask(question: dict):
    return json.dumps({"words": len(question["text"].split())})
