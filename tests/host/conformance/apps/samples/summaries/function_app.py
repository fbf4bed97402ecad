import logging
import os
from datetime import datetime

import azure.durable_functions as df
import azure.functions as func
from azure.storage.blob import BlobServiceClient

my_app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
blob_service_client = BlobServiceClient.from_connection_string(
    os.environ.get("BLOB_STORAGE"), api_version="2023-11-03"
)
tries = 0


@my_app.blob_trigger(arg_name="myblob", path="input/{name}", connection="BLOB_STORAGE")
@my_app.durable_client_input(client_name="client")
async def blob_trigger(myblob: func.InputStream, client):
    logging.info(f"Got {myblob.name} of {myblob.length} bytes")
    await client.start_new("process_document", client_input=myblob.name.split("/")[1])


@my_app.orchestration_trigger(context_name="context")
def process_document(context):
    blobName: str = context.get_input()
    first_retry_interval_in_milliseconds = 100
    max_number_of_attempts = 3
    retry_options = df.RetryOptions(first_retry_interval_in_milliseconds, max_number_of_attempts)
    result = yield context.call_activity_with_retry("read_blob", retry_options, blobName)
    result2 = yield context.call_activity_with_retry("summarize_text", retry_options, result)
    result3 = yield context.call_activity_with_retry(
        "write_doc", retry_options, {"blobName": blobName, "summary": result2}
    )
    return logging.info(f"Written to {result3}")


@my_app.activity_trigger(input_name="blobName")
def read_blob(blobName):
    global blob_service_client
    container = blob_service_client.get_container_client("input")
    return container.get_blob_client(blobName).download_blob().read().decode()


@my_app.activity_trigger(input_name="results")
def summarize_text(results):
    global tries
    tries += 1
    if tries == 1:
        raise RuntimeError("the model is busy")
    return results.split(".")[0] + "."


@my_app.activity_trigger(input_name="results")
def write_doc(results):
    global blob_service_client
    container = blob_service_client.get_container_client("output")
    name = results["blobName"] + "-" + str(datetime.now().year) + ".txt"
    container.upload_blob(name, data=results["summary"], overwrite=True)
    return name
