package tcss

import (
	"maps"

	"github.com/landwaiter/landwaiter/store"
)

// The vocabularies of the list actions, one for each list of the store. Where
// two actions call one thing by two names, both are here.

// imageWords are those of the images, wherever they are selected.
var imageWords = vocabulary{
	filters: map[string]wireFilter{
		"ImageName":    text(store.ByName),
		"ImageID":      text(store.ByID),
		"Keywords":     text(store.ByText),
		"ScanStatus":   scanStatusFilter,
		"SecurityRisk": securityRiskFilter,
		"IsAuthorized": {by: store.ByAuthorized, words: oneZero},
	},
	orders: map[string]store.OrderBy{
		"HostCnt":        store.OrderByHosts,
		"ContainerCnt":   store.OrderByContainers,
		"CreateTime":     store.OrderByCreated,
		"ComponentCnt":   store.OrderByPackages,
		"SensitiveCount": store.OrderBySecrets,
	},
}

// bindRuleWords are those of the images with the runtime rule that they are
// bound to. EventType says which kind of rule is asked about: there are none
// here, so that it is checked and chooses no images.
var bindRuleWords = vocabulary{
	filters: with(imageWords.filters, map[string]wireFilter{
		"EventType": {words: []word{{"FILE_ABNORMAL_READ", anything}, {"MALICE_PROCESS_START", anything}}},
	}),
	orders: imageWords.orders,
}

var vulnWords = vocabulary{
	filters: map[string]wireFilter{
		"Name":      text(store.ByText),
		"CVEID":     text(store.ByID),
		"Component": text(store.ByPackage),
		"Level":     severityFilter(store.BySeverity),
	},
	orders: map[string]store.OrderBy{"Level": store.OrderBySeverity, "CVSSV3Score": store.OrderByCVSS},
}

var malwareWords = vocabulary{
	filters: map[string]wireFilter{
		"Name":      text(store.ByText),
		"RiskLevel": severityFilter(store.BySeverity),
		"Level":     severityFilter(store.BySeverity), // as the registry actions call it
	},
	orders: map[string]store.OrderBy{"LatestScanTime": store.OrderByLastSeen},
}

// riskBehaviors are the values of Behavior. Upstream defines 1 and 3; we give
// the two that it leaves open a meaning.
var riskBehaviors = map[store.RiskClass]uint64{
	store.RiskRootUser: 1, store.RiskPermissions: 2, store.RiskSecret: 3, store.RiskOther: 4,
}

var riskWords = vocabulary{
	filters: map[string]wireFilter{
		"Name":  text(store.ByText), // of the registry actions
		"Level": severityFilter(store.BySeverity),
		"Behavior": {by: store.ByClass, words: []word{
			{"1", string(store.RiskRootUser)}, {"2", string(store.RiskPermissions)}, {"3", string(store.RiskSecret)},
			{"4", string(store.RiskOther)},
		}},
		"Type": {by: store.ByInFile, words: []word{{"1", store.Yes}, {"2", store.No}}},
	},
	orders: map[string]store.OrderBy{"Level": store.OrderBySeverity},
}

var componentWords = vocabulary{
	filters: map[string]wireFilter{
		"ComponentName":    {by: store.ByName, all: "ALL"},
		"ComponentVersion": text(store.ByVersion),
		"ComponentType": {by: store.BySystem, words: []word{
			{"SYSTEM_COMPONENT", store.Yes}, {"SYSTEM", store.Yes}, {"WEB_COMPONENT", store.No}, {"WEB", store.No},
		}},
		"VulLevel": severityFilter(store.BySeverity),
		"HasVul":   {by: store.ByVulnerable, words: trueFalse},
	},
	orders: map[string]store.OrderBy{"VulCount": store.OrderByVulns},
}

// hostWords are also those of the AutoRule. A host is listed while its source
// is synced, so that all are online.
var hostWords = vocabulary{
	filters: map[string]wireFilter{
		"HostName":      text(store.ByName),
		"HostID":        text(store.ByID),
		"DockerVersion": text(store.ByEngine),
		"Status": {by: store.ByState, words: []word{
			{"ALL", anything}, {"ONLINE", store.HostOnline}, {"OFFLINE", store.HostOffline}, {"UNINSTALL", nothing},
		}},
	},
	orders: map[string]store.OrderBy{"DockerVersion": store.OrderByEngine},
}

var containerWords = vocabulary{filters: map[string]wireFilter{
	"ContainerName": text(store.ByName),
	"ImageName":     text(store.ByImageName),
	"Status": {by: store.ByState, words: []word{
		{"0", store.ContainerCreated}, {"1", store.ContainerRunning}, {"2", store.ContainerPaused},
		{"3", store.ContainerRestarting},
		{"4", store.ContainerRemoving}, {"5", store.ContainerExited}, {"6", store.ContainerDead},
	}},
}}

var imageHostWords = vocabulary{
	filters: map[string]wireFilter{"ImageID": text(store.ByImageID), "HostID": text(store.ByHostID)},
}

var clusterWords = vocabulary{
	filters: map[string]wireFilter{
		"ClusterID":   text(store.ByID),
		"ClusterName": text(store.ByName),
		"Status": {by: store.ByState, words: []word{
			{"CSR_RUNNING", store.ClusterSynced}, {"CSR_EXCEPTION", store.ClusterFailed}, {"CSR_DEL", nothing},
		}},
	},
	orders: map[string]store.OrderBy{"NodeCount": store.OrderByHosts},
}

// authorizeTaskWords: images of registries are authorized with the others, so
// that all tasks are local ones.
var authorizeTaskWords = vocabulary{filters: map[string]wireFilter{
	"Status": {by: store.ByOutcome, words: []word{
		{"ALLSUCCSESS", store.Authorized}, {"ALLSUCCESS", store.Authorized}, // the first is how the API spells it
		{"PARTIALFAIL", store.PartlyRefused}, {"ALLFAIL", store.Refused},
	}},
	"Type":   {by: store.ByManual, words: []word{{"AUTO", store.No}, {"MANUAL", store.Yes}}},
	"Source": {words: []word{{"LOCAL", anything}, {"REGISTRY", nothing}}},
}}

var authorizationWords = vocabulary{
	filters: map[string]wireFilter{
		"Status": {by: store.ByOutcome, words: []word{
			{authorizedStatus, store.Authorized}, {refusedStatus, store.Refused}, {"LICENSE_INSUFFICIENT",
				nothing}, // there are no licences
		}},
		"ImageAssetIds": text(store.ByImageID),
	},
	orders: map[string]store.OrderBy{"AuthorizedTime": store.OrderByTime},
}

// registryWords: IsAuthorized is documented; a registry needs no licence, so
// that all are.
var registryWords = vocabulary{
	filters: map[string]wireFilter{
		"Name":         text(store.ByName),
		"RegistryName": text(store.ByName),
		"Keywords":     text(store.ByName),
		"RegistryType": text(store.ByKind),
		"RegistryId":   numberFilter(store.ByNumber),
		"IsAuthorized": {words: []word{{"ALL", anything}, {"1", anything}, {"0", nothing}}},
	},
	orders: map[string]store.OrderBy{
		"Name": store.OrderByName, "RegistryType": store.OrderByKind, "RegistryId": store.OrderByNumber,
		"LatestSyncTime": store.OrderBySynced,
	},
}

var namespaceWords = vocabulary{filters: map[string]wireFilter{
	"Namespace":    text(store.ByNamespace),
	"RegistryType": text(store.ByKind),
}}

// registryImageWords are those of the images of registries, wherever they are
// selected.
var registryImageWords = vocabulary{
	filters: map[string]wireFilter{
		"ImageName":        text(store.ByName),
		"Keywords":         text(store.ByText),
		"ImageRepoAddress": text(store.ByAddress),
		"ImageTag":         text(store.ByTag),
		"Namespace":        text(store.ByNamespace),
		"ImageID":          text(store.ByID),
		"ImageId":          text(store.ByID),
		"ImageDigest":      text(store.ByDigest),
		"Id":               numberFilter(store.ByNumber),
		"RegistryName":     text(store.ByRegistry),
		"InstanceName":     text(store.ByRegistry),
		"RegistryId":       numberFilter(store.ByRegistryNumber),
		"RegistryType":     text(store.ByKind),
		"ScanStatus":       scanStatusFilter,
		"SecurityRisk":     securityRiskFilter,
		"Level":            severityFilter(store.BySeverity),
		"IsAuthorized":     {by: store.ByAuthorized, words: append([]word{{"ALL", anything}}, oneZero...)},
		"IsRunning":        {by: store.ByRunning, words: trueFalse},
		"IsLatestImage":    {by: store.ByLatest, words: trueFalse},
	},
	orders: map[string]store.OrderBy{
		"ContainerCnt":     store.OrderByContainers,
		"ComponentCnt":     store.OrderByPackages,
		"ImageCreateTime":  store.OrderByCreated,
		"CreateTime":       store.OrderByCreated,
		"ImageSize":        store.OrderBySize,
		"ScanTime":         store.OrderByScanTime,
		"SensitiveInfoCnt": store.OrderBySecrets,
	},
}

// with returns both maps in one.
func with(base, more map[string]wireFilter) map[string]wireFilter {
	out := maps.Clone(base)
	maps.Copy(out, more)
	return out
}
