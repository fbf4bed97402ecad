#!/bin/sh
# Subscribes the deployed blob trigger to uploads. Runs after each deployment; running it again
# changes nothing.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?run this through azd, which sets it}"
: "${AZURE_RESOURCE_GROUP:?run azd provision first}"
: "${AZURE_FUNCTION_APP_NAME:?run azd provision first}"
: "${EVENT_TOPIC_NAME:?run azd provision first}"
: "${DOCUMENTS_ACCOUNT_NAME:?run azd provision first}"

if ! command -v az >/dev/null 2>&1; then
    echo "The Azure CLI is needed to subscribe to uploads: install az, run az login," >&2
    echo "then azd hooks run postdeploy." >&2
    exit 1
fi

# The app makes its webhook key when it first starts, and answers Event Grid only then.
attempt=1
until az deployment group create \
    --subscription "$AZURE_SUBSCRIPTION_ID" \
    --resource-group "$AZURE_RESOURCE_GROUP" \
    --name uploads \
    --template-file "$(dirname "$0")/../uploads.bicep" \
    --parameters functionAppName="$AZURE_FUNCTION_APP_NAME" \
        topicName="$EVENT_TOPIC_NAME" \
        documentsAccountName="$DOCUMENTS_ACCOUNT_NAME" \
    --only-show-errors --output none; do
    if [ "$attempt" -ge 8 ]; then
        echo "Uploads are not fed to the app. Once it has started: azd hooks run postdeploy" >&2
        exit 1
    fi
    echo "The app is not ready yet (attempt $attempt of 8), trying again in 20 seconds."
    attempt=$((attempt + 1))
    sleep 20
done
echo "Uploads to incoming are fed to $AZURE_FUNCTION_APP_NAME."
