metadata name = 'Intelligence'
metadata description = 'What reads pages and what summarizes them; only identities may call them.'

@export()
@description('A model of Azure OpenAI, and where it runs.')
type modelType = {
  @description('Required. Name of the model.')
  name: string

  @description('Required. Version of the model.')
  version: string

  @description('Required. Region of the account; not every region offers every model. Empty: that of the app.')
  location: string

  @description('Required. Where requests are processed: in the data zone, anywhere, in the region.')
  sku: 'DataZoneStandard' | 'GlobalStandard' | 'Standard'

  @minValue(1)
  @description('Required. Quota in thousands of tokens a minute.')
  capacity: int

  @description('Required. How much it thinks before it answers; empty leaves it to the model.')
  reasoningEffort: string
}

@description('Required. Region of Document Intelligence.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@description('Required. Model to deploy; the deployment has the same name.')
param model modelType

var documentIntelligence = 'di-${suffix}'
var openAi = 'oai-${suffix}'

module reader 'br/public:avm/res/cognitive-services/account:0.15.1' = {
  name: 'document-intelligence'
  params: {
    name: documentIntelligence
    kind: 'FormRecognizer'
    sku: 'S0'
    location: location
    tags: tags
    customSubDomainName: documentIntelligence // a token is taken at an address of one's own alone
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

module writer 'br/public:avm/res/cognitive-services/account:0.15.1' = {
  name: 'azure-openai'
  params: {
    name: openAi
    kind: 'OpenAI'
    sku: 'S0'
    location: empty(model.location) ? location : model.location
    tags: tags
    customSubDomainName: openAi
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
    deployments: [
      {
        name: model.name
        model: { format: 'OpenAI', name: model.name, version: model.version }
        sku: { name: model.sku, capacity: model.capacity }
        // What another version answers is evaluated before it is used: docs/deployment.md says how.
        versionUpgradeOption: 'NoAutoUpgrade'
      }
    ]
  }
}

@description('Name of Document Intelligence.')
output documentIntelligenceName string = reader.outputs.name

@description('Endpoint of Document Intelligence.')
output documentIntelligenceEndpoint string = reader.outputs.endpoint

@description('Name of Azure OpenAI.')
output openAiName string = writer.outputs.name

@description('Endpoint of Azure OpenAI.')
output openAiEndpoint string = writer.outputs.endpoint

@description('Deployment that summarizes and judges.')
output openAiDeployment string = model.name
