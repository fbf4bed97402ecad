import azure.functions as func

from app.activities import echo_activity
from app.http import starter
from app.orchestrations import echo_orchestrator

app = func.FunctionApp()
app.register_functions(echo_orchestrator.bp)
app.register_functions(echo_activity.bp)
app.register_functions(starter.bp)
