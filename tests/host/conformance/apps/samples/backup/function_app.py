import json
import logging
import os
import pathlib
from typing import List

import azure.durable_functions as df
import azure.functions as func
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

backupApp = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
connection = os.getenv("AzureWebJobsStorage")


@backupApp.route(route="orchestrators/{functionName}")
@backupApp.durable_client_input(client_name="client")
async def begin(req: func.HttpRequest, client):
    payload: str = json.loads(req.get_body().decode())
    instance_id = await client.start_new(req.route_params["functionName"], client_input=payload)
    return client.create_check_status_response(req, instance_id)


@backupApp.orchestration_trigger(context_name="context")
def B1_BackupFolder(context: df.DurableOrchestrationContext):
    folder: str = context.get_input()
    if not folder:
        raise Exception("Which folder?")
    files = yield context.call_activity("B1_ListFiles", folder)
    tasks = []
    for file in files:
        tasks.append(context.call_activity("B1_CopyToBlob", file))
    sizes = yield context.task_all(tasks)
    return sum(sizes)


@backupApp.activity_trigger(input_name="rootFolder")
def B1_ListFiles(rootFolder) -> List[str]:
    found = []
    for path, _, files in os.walk(rootFolder):
        for name in files:
            found.append(os.path.join(path, name))
    return found


@backupApp.activity_trigger(input_name="filePath")
def B1_CopyToBlob(filePath):
    service = BlobServiceClient.from_connection_string(connection, api_version="2023-11-03")
    try:
        service.create_container("backups")
    except ResourceExistsError:
        logging.info("backups is there already")
    parent, name = pathlib.Path(filePath).parts[-2:]
    with open(filePath, "rb") as data:
        service.get_blob_client("backups", parent + "_" + name).upload_blob(data, overwrite=True)
    return os.path.getsize(filePath)
