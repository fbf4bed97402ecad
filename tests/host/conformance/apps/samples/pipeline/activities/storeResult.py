import logging

import azure.durable_functions as df

from utils import checks

bp = df.Blueprint()


@bp.function_name("storeResult")
@bp.activity_trigger(input_name="result")
def store(result: dict):
    try:
        logging.info(f"Storing {result['name']}: {checks.is_list_of_files([result])}")
        return {"success": True, "path": f"results/{result['name']}.json"}
    except Exception as error:
        return {"success": False, "error": str(error)}
