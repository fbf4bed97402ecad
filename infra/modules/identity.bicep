metadata name = 'Identity'
metadata description = 'What the app runs as, and the vault with the few secrets it cannot do without.'

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

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
    name: 'kv-${suffix}'
    location: location
    tags: tags
    sku: 'standard'
    enableRbacAuthorization: true
    // What it holds can be issued again; with protection, a removed environment could not be made
    // anew under its name for three months.
    enablePurgeProtection: false
    publicNetworkAccess: 'Enabled'
  }
}

@description('Resource id of the identity that the app runs as.')
output identityId string = identity.outputs.resourceId

@description('Client id of the identity, by which the app names it.')
output clientId string = identity.outputs.clientId

@description('Principal of the identity, to which roles are given.')
output principalId string = identity.outputs.principalId

@description('Name of the key vault.')
output vaultName string = vault.outputs.name
