metadata name = 'Host'
metadata description = 'The function app on Flex Consumption with all its settings.'

import { modelType } from 'intelligence.bicep'

@export()
@description('How large an instance is, how many there are, and what one takes on at a time.')
type scaleType = {
  // The plan offers 512 MB too, which do not hold the host, the app and a parser.
  @description('Required. Memory of an instance. A parser may take PARSER_MEMORY_MB (2 GB) beside the app, so with 2048 lower that.')
  instanceMemoryMB: 2048 | 4096

  @minValue(1)
  @maxValue(1000)
  @description('Required. Most instances the app may scale out to. Each asks OCR and the model, whose quota is the limit long before the plan is.')
  maximumInstanceCount: int

  @minValue(1)
  @maxValue(1000)
  @description('Required. Requests at a time on one instance. An upload is held in memory whole: eight of MAX_UPLOAD_BYTES (100 MB) take 0.8 GB in the host and as much in the app. Where nothing is said, the plan starts an instance for each request of a Python app.')
  httpConcurrency: int

  @minValue(0)
  @maxValue(20)
  @description('Required. Instances that are always ready to be told of uploads; 0 saves their cost.')
  alwaysReadyForUploads: int

  @minValue(0)
  @maxValue(20)
  @description('Required. Instances that are always ready to go on with documents; without one, the first document after a pause waits for a start.')
  alwaysReadyForSteps: int

  @minValue(0)
  @maxValue(20)
  @description('Required. Instances that are always ready for the API and its pages.')
  alwaysReadyForRequests: int
}

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@description('Required. Identity that the app runs as: its resource id and its client id.')
param identity {
  id: string
  clientId: string
}

@description('Required. Connection string of Application Insights.')
param insightsConnectionString string

@description('Required. Endpoints of the storage account of the Functions host, and the container of the package.')
param hostStorageUris object

@description('Required. Endpoints of the storage account for documents.')
param documentsStorageUris object

@description('Required. Endpoint of Document Intelligence.')
param documentIntelligenceEndpoint string

@description('Required. Endpoint of Azure OpenAI.')
param openAiEndpoint string

@description('Required. Model that summarizes and judges; its deployment has its name.')
param model modelType

@description('Required. Name of the key vault.')
param vaultName string

@description('Required. Jira: its base address, who opens issues, and the project that gets them.')
param jira {
  url: string
  user: string
  project: string
}

@description('Required. Whether there is a webhook to notify; its address is in the vault.')
param notify bool

@description('Required. How large an instance is, how many there are, and what one takes on at a time.')
param scale scaleType

var appName = 'func-${suffix}'
// As Azure says it: the host name of an app may have a hash and a region in it.
var publicBaseUrl = 'https://${app.outputs.defaultHostname}'

// A host that is just starting has no keys yet and refuses events with 401, which Event Grid does
// not repeat. The names are those of the plan: 'blob' is all blob triggers that Event Grid feeds,
// 'durable' all orchestrators and activities, 'http' all that answers requests.
var scaleGroups = [
  { name: 'blob', instanceCount: scale.alwaysReadyForUploads }
  { name: 'durable', instanceCount: scale.alwaysReadyForSteps }
  { name: 'http', instanceCount: scale.alwaysReadyForRequests }
]

// Read by the Functions host and the Python worker; the app knows nothing of these.
var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: hostStorageUris.blob
  AzureWebJobsStorage__queueServiceUri: hostStorageUris.queue
  AzureWebJobsStorage__tableServiceUri: hostStorageUris.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  DOCUMENTS_STORAGE__credential: 'managedidentity'
  DOCUMENTS_STORAGE__clientId: identity.clientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
}

// What this deployment decides; infra/settings.json holds the rest of docflow/settings.py.
var appSettings = {
  DOCUMENTS_STORAGE__blobServiceUri: documentsStorageUris.blob
  DOCUMENTS_STORAGE__queueServiceUri: documentsStorageUris.queue
  DOCUMENTS_STORAGE__tableServiceUri: documentsStorageUris.table
  AZURE_CLIENT_ID: identity.clientId
  BLOB_TRIGGER_SOURCE: 'EventGrid'
  DOCUMENT_INTELLIGENCE_ENDPOINT: documentIntelligenceEndpoint
  AZURE_OPENAI_ENDPOINT: openAiEndpoint
  AZURE_OPENAI_DEPLOYMENT: model.name
  MODEL_REASONING_EFFORT: model.reasoningEffort
  JIRA_URL: jira.url
  JIRA_USER: jira.user
  JIRA_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=jira-token)'
  JIRA_PROJECT: jira.project
  NOTIFICATION_WEBHOOK_URL: notify
    ? '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=notification-webhook-url)'
    : ''
  NOTIFICATION_WEBHOOK_SECRET: notify
    ? '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=notification-webhook-secret)'
    : ''
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
    clientAffinityEnabled: false // any instance answers any request
    managedIdentities: { userAssignedResourceIds: [identity.id] }
    keyVaultAccessIdentityResourceId: identity.id
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: hostStorageUris.package
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemoryMB
        maximumInstanceCount: scale.maximumInstanceCount
        alwaysReady: filter(scaleGroups, each => each.instanceCount > 0)
        triggers: { http: { perInstanceConcurrency: scale.httpConcurrency } }
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
  }
}

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

// One of them is the app's own host name, so they come after the app. The list is whole: a setting
// that is not in it any more is gone from the app, as with retainCurrentAppSettings: false.
resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(loadJsonContent('../settings.json'), hostSettings, appSettings)
}

@description('Name of the function app.')
output appName string = app.outputs.name

@description('Address under which people reach the app.')
output publicBaseUrl string = publicBaseUrl
