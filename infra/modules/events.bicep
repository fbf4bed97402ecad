metadata name = 'Events'
metadata description = 'The topic that tells of uploads; infra/uploads.bicep subscribes the app to it.'

@description('Required. Region of the topic: that of the account it tells of.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@description('Required. Resource id of the account for documents.')
param documentsAccountId string

module topic 'br/public:avm/res/event-grid/system-topic:0.6.4' = {
  name: 'document-events'
  params: {
    name: 'evgt-${suffix}'
    location: location
    tags: tags
    source: documentsAccountId
    topicType: 'Microsoft.Storage.StorageAccounts'
    managedIdentities: { systemAssigned: true }
  }
}

@description('Name of the topic.')
output topicName string = topic.outputs.name

@description('Principal with which the topic stores events it could not deliver.')
output topicPrincipalId string = topic.outputs.systemAssignedMIPrincipalId!
