metadata name = 'Host'
metadata description = 'The function app on Flex Consumption with all its settings.'

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@description('Required. Resource id of the identity that the app runs as.')
param identityId string

@description('Required. Client id of that identity.')
param identityClientId string

@description('Required. Connection string of Application Insights.')
param insightsConnectionString string

@description('Required. Container from which the app is run.')
param packageContainerUri string

@description('Required. Endpoints of the storage account of the Functions host.')
param hostStorageUris object

@description('Required. Endpoints of the storage account for documents.')
param documentsStorageUris object

@description('Required. Endpoint of Document Intelligence.')
param documentIntelligenceEndpoint string

@description('Required. Endpoint of Azure OpenAI.')
param openAiEndpoint string

@description('Required. Deployment that summarizes and judges.')
param openAiDeployment string

@description('Required. How much the model thinks; empty leaves it to the model.')
param reasoningEffort string

@description('Required. Name of the key vault.')
param vaultName string

@description('Required. Base address of Jira.')
param jiraUrl string

@description('Required. Jira user that opens issues.')
param jiraUser string

@description('Required. Jira project that gets the issues.')
param jiraProject string

@description('Required. Where notifications are posted; empty turns them off.')
param notificationWebhookUrl string

@description('Required. Most instances the app may scale out to.')
param maximumInstanceCount int

@description('Required. Instances that are always ready for the blob trigger.')
param alwaysReadyForUploads int

@allowed([512, 2048, 4096])
@description('Optional. Memory of an instance; the parser process alone may take 2 GB.')
param instanceMemoryMB int = 4096

var appName = 'func-${suffix}'
var publicBaseUrl = 'https://${appName}.azurewebsites.net'

// Read by the Functions host and the Python worker; the app knows nothing of these.
var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: hostStorageUris.blob
  AzureWebJobsStorage__queueServiceUri: hostStorageUris.queue
  AzureWebJobsStorage__tableServiceUri: hostStorageUris.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  DOCUMENTS_STORAGE__credential: 'managedidentity'
  DOCUMENTS_STORAGE__clientId: identityClientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
}

// What this deployment decides; infra/settings.json holds the rest of docflow/settings.py.
var appSettings = {
  DOCUMENTS_STORAGE__blobServiceUri: documentsStorageUris.blob
  DOCUMENTS_STORAGE__queueServiceUri: documentsStorageUris.queue
  DOCUMENTS_STORAGE__tableServiceUri: documentsStorageUris.table
  AZURE_CLIENT_ID: identityClientId
  BLOB_TRIGGER_SOURCE: 'EventGrid'
  DOCUMENT_INTELLIGENCE_ENDPOINT: documentIntelligenceEndpoint
  AZURE_OPENAI_ENDPOINT: openAiEndpoint
  AZURE_OPENAI_DEPLOYMENT: openAiDeployment
  MODEL_REASONING_EFFORT: reasoningEffort
  JIRA_URL: jiraUrl
  JIRA_USER: jiraUser
  JIRA_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=jira-token)'
  JIRA_PROJECT: jiraProject
  NOTIFICATION_WEBHOOK_URL: notificationWebhookUrl
  NOTIFICATION_WEBHOOK_SECRET: empty(notificationWebhookUrl)
    ? ''
    : '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=notification-webhook-secret)'
  PUBLIC_BASE_URL: publicBaseUrl
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
}

module plan 'br/public:avm/res/web/serverfarm:0.7.0' = {
  name: 'plan'
  params: {
    name: 'plan-${suffix}'
    location: location
    tags: tags
    skuName: 'FC1'
    reserved: true
  }
}

module app 'br/public:avm/res/web/site:0.22.0' = {
  name: 'function-app'
  params: {
    name: appName
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    kind: 'functionapp,linux'
    serverFarmResourceId: plan.outputs.resourceId
    httpsOnly: true
    managedIdentities: { userAssignedResourceIds: [identityId] }
    keyVaultAccessIdentityResourceId: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // A host that is just starting has no keys yet and refuses events with 401, which Event
        // Grid does not repeat. 'blob' is the group of all blob triggers that Event Grid feeds.
        alwaysReady: alwaysReadyForUploads == 0
          ? []
          : [{ name: 'blob', instanceCount: alwaysReadyForUploads }]
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
    }
    siteConfig: {
      alwaysOn: false
      ftpsState: 'Disabled'
      minTlsVersion: '1.2'
    }
    basicPublishingCredentialsPolicies: [
      { name: 'ftp', allow: false }
      { name: 'scm', allow: false }
    ]
    configs: [
      {
        name: 'appsettings'
        properties: union(loadJsonContent('../settings.json'), hostSettings, appSettings)
      }
    ]
  }
}

@description('Name of the function app.')
output appName string = app.outputs.name

@description('Address under which people reach the app.')
output publicBaseUrl string = publicBaseUrl
