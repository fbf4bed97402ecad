import azure.durable_functions as df
import azure.functions as func

from greeting_functions import bp

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)


@app.route(route="ping")
def ping(req: func.HttpRequest):
    return func.HttpResponse("still here")
