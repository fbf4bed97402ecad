"""Where clients reach this host: the addresses for one instance, and a client's binding."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from devstack.functions_host.app.indexing import Binding
from devstack.functions_host.engine.events import compact

_WEBHOOK_PATH = "runtime/webhooks/durabletask"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where clients find this host, and the key that they have to send."""

    public: str
    """Scheme, host and port without a slash at the end."""
    rpc: str
    hub: str
    key: str

    @property
    def base(self) -> str:
        """Return the address of the webhook."""
        return f"{self.public}/{_WEBHOOK_PATH}"

    def management_urls(self, instance_id: str) -> dict[str, str]:
        """Return the addresses for one instance, in the order that the SDK shows them."""
        query = f"taskHub={self.hub}&connection=Storage&code={self.key}"
        place = f"{self.base}/instances/{quote(instance_id, safe='')}"
        reason = f"?reason={{text}}&{query}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{place}?{query}",
            "sendEventPostUri": f"{place}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{place}/terminate{reason}",
            "rewindPostUri": f"{place}/rewind{reason}",
            "purgeHistoryDeleteUri": f"{place}?{query}",
            "restartPostUri": f"{place}/restart?{query}",
            "suspendPostUri": f"{place}/suspend{reason}",
            "resumePostUri": f"{place}/resume{reason}",
        }

    def client_binding(self, binding: Binding) -> str:
        """Return the JSON string that a durableClient parameter receives."""
        base = f"{self.base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return compact(
            {
                "taskHubName": binding.settings.get("taskHub") or self.hub,
                "connectionName": binding.settings.get("connectionName"),
                "creationUrls": {
                    "createNewInstancePostUri": f"{base}?code={self.key}",
                    "createAndWaitOnNewInstancePostUri": f"{base}?{wait}&code={self.key}",
                },
                "managementUrls": self.management_urls("INSTANCEID"),
                "baseUrl": self.base,
                "requiredQueryStringParameters": f"code={self.key}",
                "rpcBaseUrl": self.rpc,
                "httpBaseUrl": None,
            }
        )
