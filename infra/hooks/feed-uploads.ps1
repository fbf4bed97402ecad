# Subscribes the deployed blob trigger to uploads. Runs after each deployment; running it again
# changes nothing.
$ErrorActionPreference = 'Stop'

$needed = 'AZURE_SUBSCRIPTION_ID', 'AZURE_RESOURCE_GROUP', 'AZURE_FUNCTION_APP_NAME',
    'EVENT_TOPIC_NAME', 'DOCUMENTS_ACCOUNT_NAME'
foreach ($name in $needed) {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        Write-Error "$name is not set: run azd provision first, and this through azd."
    }
}
if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    Write-Error 'The Azure CLI is needed to subscribe to uploads: install az, run az login, then azd hooks run postdeploy.'
}

# The app makes its webhook key when it first starts, and answers Event Grid only then.
$attempts = 8
for ($attempt = 1; $attempt -le $attempts; $attempt++) {
    az deployment group create `
        --subscription $env:AZURE_SUBSCRIPTION_ID `
        --resource-group $env:AZURE_RESOURCE_GROUP `
        --name uploads `
        --template-file (Join-Path $PSScriptRoot '../uploads.bicep') `
        --parameters "functionAppName=$env:AZURE_FUNCTION_APP_NAME" `
            "topicName=$env:EVENT_TOPIC_NAME" `
            "documentsAccountName=$env:DOCUMENTS_ACCOUNT_NAME" `
        --only-show-errors --output none
    if ($LASTEXITCODE -eq 0) {
        Write-Output "Uploads to incoming are fed to $env:AZURE_FUNCTION_APP_NAME."
        exit 0
    }
    if ($attempt -lt $attempts) {
        Write-Output "The app is not ready yet (attempt $attempt of $attempts), trying again in 20 seconds."
        Start-Sleep -Seconds 20
    }
}
Write-Error 'Uploads are not fed to the app. Once it has started: azd hooks run postdeploy'
