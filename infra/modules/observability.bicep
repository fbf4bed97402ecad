metadata name = 'Observability'
metadata description = 'Where traces, metrics and logs go; only identities may send them.'

@description('Required. Region of the resources.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Unique part of the resource names.')
param suffix string

@allowed([30, 60, 90, 120, 180, 270, 365])
@description('Optional. Days for which logs are kept.')
param retentionDays int = 30

module workspace 'br/public:avm/res/operational-insights/workspace:0.15.0' = {
  name: 'log-workspace'
  params: {
    name: 'log-${suffix}'
    location: location
    tags: tags
    dataRetention: retentionDays
  }
}

module insights 'br/public:avm/res/insights/component:0.7.1' = {
  name: 'application-insights'
  params: {
    name: 'appi-${suffix}'
    location: location
    tags: tags
    workspaceResourceId: workspace.outputs.resourceId
    retentionInDays: retentionDays
    disableLocalAuth: true
  }
}

@description('Name of Application Insights.')
output insightsName string = insights.outputs.name

@description('Connection string of Application Insights: an address, no secret, as keys are off.')
output insightsConnectionString string = insights.outputs.connectionString
