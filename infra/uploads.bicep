metadata name = 'Uploads'
metadata description = 'Feeds uploads to the blob trigger; deployed by azd after the code, as Event Grid asks the trigger whether it wants them and the key of its webhook is made by the running app.'

@description('Required. Name of the function app.')
param functionAppName string

@description('Required. Name of the topic that tells of uploads.')
param topicName string

@description('Required. Name of the account for documents.')
param documentsAccountName string

@description('Optional. Function that takes uploads.')
param functionName string = 'document_uploaded'

@description('Optional. Container whose uploads are taken.')
param uploadContainer string = 'incoming'

@description('Optional. Container of events that could not be delivered.')
param undeliveredContainer string = 'undelivered'

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource documents 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: documentsAccountName
}

var webhook = 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs'
var key = listKeys('${app.id}/host/default', '2022-03-01').systemKeys.blobs_extension

resource uploads 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'uploads'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: '${webhook}?functionName=Host.Functions.${functionName}&code=${key}'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/${uploadContainer}/'
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: documents.id
          blobContainerName: undeliveredContainer
        }
      }
    }
  }
}
