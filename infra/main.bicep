metadata name = 'docflow'
metadata description = 'Everything docflow needs in Azure, in one resource group.'

targetScope = 'subscription'

import { modelType } from 'modules/intelligence.bicep'
import { scaleType } from 'modules/host.bicep'

@minLength(1)
@maxLength(64)
@description('Required. Name of the azd environment; resource names and tags derive from it.')
param environmentName string

@minLength(1)
@description('Required. Region of all resources; it has to offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Required. Base address of Jira.')
param jiraUrl string

@description('Required. Jira user that opens issues.')
param jiraUser string

@description('Optional. Jira project that gets the issues.')
param jiraProject string = 'DOC'

@secure()
@description('Optional. Where notifications are posted, token and all; empty turns them off.')
param notificationWebhookUrl string = ''

@secure()
@description('Optional. Key that signs notifications; empty leaves the one that is in the vault.')
param notificationWebhookSecret string = ''

@description('Optional. Model that summarizes and judges, and where it runs.')
param model modelType = {
  name: 'gpt-5.6-luna'
  version: '2026-07-09'
  location: ''
  sku: 'GlobalStandard'
  capacity: 100
  reasoningEffort: 'low'
}

@description('Required. How large an instance is, how many there are, and what one takes on at a time.')
param scale scaleType

@description('Optional. Object id of who writes secrets, drops documents and looks at them; empty for nobody.')
param operatorPrincipalId string = ''

@allowed(['Group', 'ServicePrincipal', 'User'])
@description('Optional. Kind of that principal.')
param operatorPrincipalType string = 'User'

var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    notificationWebhookUrl: notificationWebhookUrl
    notificationWebhookSecret: notificationWebhookSecret
  }
}

module observability 'modules/observability.bicep' = {
  name: 'observability'
  scope: group
  params: { location: location, tags: tags, suffix: suffix }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: { location: location, tags: tags, suffix: suffix }
}

module intelligence 'modules/intelligence.bicep' = {
  name: 'intelligence'
  scope: group
  params: { location: location, tags: tags, suffix: suffix, model: model }
}

module events 'modules/events.bicep' = {
  name: 'events'
  scope: group
  params: { location: location, tags: tags, suffix: suffix, documentsAccountId: storage.outputs.documentsAccountId }
}

module access 'modules/access.bicep' = {
  name: 'access'
  scope: group
  params: {
    appPrincipalId: identity.outputs.principalId
    topicPrincipalId: events.outputs.topicPrincipalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    hostAccountName: storage.outputs.hostAccountName
    documentsAccountName: storage.outputs.documentsAccountName
    documentIntelligenceName: intelligence.outputs.documentIntelligenceName
    openAiName: intelligence.outputs.openAiName
    insightsName: observability.outputs.insightsName
    vaultName: identity.outputs.vaultName
  }
}

module host 'modules/host.bicep' = {
  name: 'host'
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    identity: { id: identity.outputs.identityId, clientId: identity.outputs.clientId }
    insightsConnectionString: observability.outputs.insightsConnectionString
    hostStorageUris: storage.outputs.hostUris
    documentsStorageUris: storage.outputs.documentsUris
    documentIntelligenceEndpoint: intelligence.outputs.documentIntelligenceEndpoint
    openAiEndpoint: intelligence.outputs.openAiEndpoint
    model: model
    vaultName: identity.outputs.vaultName
    jira: { url: jiraUrl, user: jiraUser, project: jiraProject }
    notify: !empty(notificationWebhookUrl)
    scale: scale
  }
  // An app that starts before its roles are there fails until they are.
  dependsOn: [access]
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = host.outputs.appName
output AZURE_KEY_VAULT_NAME string = identity.outputs.vaultName
output DOCUMENTS_ACCOUNT_NAME string = storage.outputs.documentsAccountName
output EVENT_TOPIC_NAME string = events.outputs.topicName
output DOCUMENT_INTELLIGENCE_ENDPOINT string = intelligence.outputs.documentIntelligenceEndpoint
output AZURE_OPENAI_ENDPOINT string = intelligence.outputs.openAiEndpoint
output AZURE_OPENAI_DEPLOYMENT string = intelligence.outputs.openAiDeployment
output PUBLIC_BASE_URL string = host.outputs.publicBaseUrl
