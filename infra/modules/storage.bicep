metadata name = 'Storage'
metadata description = 'One account for the Functions host, one for documents; identities only.'

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@minValue(1)
@maxValue(365)
@description('Optional. Days for which a deleted document can be brought back.')
param documentRetentionDays int = 7

var packageContainer = 'app-package'

// Two accounts, as the host scans and locks what is its own all day, and a document must not wait
// for that nor be readable by whoever may read the host's state.
module hostAccount 'br/public:avm/res/storage/storage-account:0.32.0' = {
  name: 'host-storage'
  params: {
    name: 'sthost${suffix}'
    location: location
    tags: tags
    kind: 'StorageV2'
    skuName: 'Standard_LRS'
    minimumTlsVersion: 'TLS1_2'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true // the portal asks with the person's roles, not with a key
    allowBlobPublicAccess: false
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
    blobServices: {
      containers: [{ name: packageContainer }]
    }
  }
}

module documentsAccount 'br/public:avm/res/storage/storage-account:0.32.0' = {
  name: 'documents-storage'
  params: {
    name: 'stdocs${suffix}'
    location: location
    tags: tags
    kind: 'StorageV2'
    skuName: 'Standard_LRS'
    minimumTlsVersion: 'TLS1_2'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true // the portal asks with the person's roles, not with a key
    allowBlobPublicAccess: false
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
    blobServices: {
      deleteRetentionPolicyEnabled: true
      deleteRetentionPolicyDays: documentRetentionDays
      containerDeleteRetentionPolicyEnabled: true
      containerDeleteRetentionPolicyDays: documentRetentionDays
      containers: [
        { name: 'incoming' }
        { name: 'work' }
        { name: 'results' }
        { name: 'quarantine' }
        { name: 'undelivered' } // events of uploads that the app could not be told of
      ]
    }
    queueServices: {
      queues: [{ name: 'document-processed' }]
    }
    tableServices: {
      tables: [{ name: 'documents' }, { name: 'limits' }]
    }
  }
}

@description('Name of the account of the Functions host.')
output hostAccountName string = hostAccount.outputs.name

@description('Endpoints of the account of the Functions host: blob, queue and table; and package, the container from which the app is run.')
output hostUris object = union(hostAccount.outputs.serviceEndpoints, {
  package: '${hostAccount.outputs.primaryBlobEndpoint}${packageContainer}'
})

@description('Name of the account for documents.')
output documentsAccountName string = documentsAccount.outputs.name

@description('Resource id of the account for documents.')
output documentsAccountId string = documentsAccount.outputs.resourceId

@description('Endpoints of the account for documents: blob, queue and table.')
output documentsUris object = documentsAccount.outputs.serviceEndpoints
