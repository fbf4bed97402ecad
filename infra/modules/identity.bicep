metadata name = 'Identity'
metadata description = 'What the app runs as, and the vault with the few secrets it cannot do without.'

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@secure()
@description('Required. Where notifications are posted; empty writes nothing into the vault.')
param notificationWebhookUrl string

@secure()
@description('Required. Key that signs notifications; empty writes nothing into the vault.')
param notificationWebhookSecret string

var vaultName = 'kv-${suffix}'

module identity 'br/public:avm/res/managed-identity/user-assigned-identity:0.5.0' = {
  name: 'app-identity'
  params: {
    name: 'id-${suffix}'
    location: location
    tags: tags
  }
}

module vault 'br/public:avm/res/key-vault/vault:0.13.3' = {
  name: 'key-vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    sku: 'standard'
    enableRbacAuthorization: true
    // Only the app and people read it: no virtual machine, no disk encryption, no template.
    enableVaultForDeployment: false
    enableVaultForDiskEncryption: false
    enableVaultForTemplateDeployment: false
    // What it holds can be issued again; with protection, a removed environment could not be made
    // anew under its name for three months.
    enablePurgeProtection: false
    publicNetworkAccess: 'Enabled'
  }
}

resource madeVault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource webhookUrl 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(notificationWebhookUrl)) {
  parent: madeVault
  name: 'notification-webhook-url'
  properties: {
    value: notificationWebhookUrl
  }
  dependsOn: [vault]
}

resource webhookSecret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(notificationWebhookSecret)) {
  parent: madeVault
  name: 'notification-webhook-secret'
  properties: {
    value: notificationWebhookSecret
  }
  dependsOn: [vault]
}

@description('Resource id of the identity that the app runs as.')
output identityId string = identity.outputs.resourceId

@description('Client id of the identity, by which the app names it.')
output clientId string = identity.outputs.clientId

@description('Principal of the identity, to which roles are given.')
output principalId string = identity.outputs.principalId

@description('Name of the key vault.')
output vaultName string = vault.outputs.name
