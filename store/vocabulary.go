package store

import "github.com/landwaiter/landwaiter"

// What lists can be narrowed by. The doc comment of each list names those that
// it takes; it refuses others as Invalid. Texts match as substrings unless the
// filter is exact; the values of the others are words, in any case.
const (
	ByNothing landwaiter.FilterBy = "nothing" // every list takes it; with any value it matches no row

	// Texts.
	ByAddress   landwaiter.FilterBy = "address" // of a registry image: "registry.example.com/shop/web"
	ByDigest    landwaiter.FilterBy = "digest"  // of a manifest
	ByEngine    landwaiter.FilterBy = "engine"  // of a host: "docker 28.2.2"
	ByID        landwaiter.FilterBy = "ID"
	ByHostID    landwaiter.FilterBy = "host ID"
	ByImageID   landwaiter.FilterBy = "image ID"
	ByImageName landwaiter.FilterBy = "image name"
	ByKind      landwaiter.FilterBy = "kind" // of a registry, always exact: "harbor"
	ByName      landwaiter.FilterBy = "name"
	ByNamespace landwaiter.FilterBy = "namespace"
	ByPackage   landwaiter.FilterBy = "package"
	ByRegistry  landwaiter.FilterBy = "registry" // its name
	ByTag       landwaiter.FilterBy = "tag"
	ByText      landwaiter.FilterBy = "text" // what a person would search by: two columns that each list names
	ByVersion   landwaiter.FilterBy = "version"

	// Whole numbers.
	ByNumber         landwaiter.FilterBy = "number"
	ByRegistryNumber landwaiter.FilterBy = "registry number"

	// BySeverity takes the words that landwaiter.ParseSeverity reads. An image or
	// a package has all the severities of its vulnerabilities.
	BySeverity landwaiter.FilterBy = "severity"

	// Yes or No.
	ByAuthorized landwaiter.FilterBy = "authorized"
	ByInFile     landwaiter.FilterBy = "in a file" // a risk; else in a build step or the configuration
	ByLatest     landwaiter.FilterBy = "latest"    // the newest image of its repository
	ByManual     landwaiter.FilterBy = "manual"    // authorized by hand, not by the AutoRule
	ByRunning    landwaiter.FilterBy = "running"   // a running container was made from the image
	BySystem     landwaiter.FilterBy = "system"    // a package of a distribution, not of an application
	ByVulnerable landwaiter.FilterBy = "vulnerable"

	// Words that have constants of their own below.
	ByClass     landwaiter.FilterBy = "class"      // of a risk: a RiskClass
	ByOutcome   landwaiter.FilterBy = "outcome"    // of authorizations
	ByScanState landwaiter.FilterBy = "scan state" // of an image
	BySecurity  landwaiter.FilterBy = "security"   // of an image
	ByState     landwaiter.FilterBy = "state"      // of a container, a cluster or a host

	// ByRegistrySelection takes a RegistrySelection as JSON; Selection makes it.
	ByRegistrySelection landwaiter.FilterBy = "registry selection"
)

// The values of filters that are true or not.
const (
	Yes = "yes"
	No  = "no"
)

// The values of ByScanState. An image is in one of them.
const (
	StateNotScanned = "not scanned"
	StateScanning   = "scanning" // or waiting for it
	StateScanned    = "scanned"
	StateFailed     = "failed" // or stopped, or out of time
)

// The values of BySecurity. An image may have all of them.
const (
	HasMalware       = "malware"
	HasRisk          = "risk" // of a kind to act on, secrets included; see landwaiter.Hints
	HasSecret        = "secret"
	HasVulnerability = "vulnerability"
	HasCritical      = "critical vulnerability"
	HasHigh          = "high vulnerability"
	HasMedium        = "medium vulnerability"
	HasLow           = "low vulnerability" // or one of unknown severity
	IsTrusted        = "trusted"
)

// The values of ByState for containers.
const (
	ContainerCreated    = "created"
	ContainerRunning    = "running"
	ContainerPaused     = "paused"
	ContainerRestarting = "restarting"
	ContainerRemoving   = "removing"
	ContainerExited     = "exited"
	ContainerDead       = "dead"
)

// The values of ByState for hosts.
const (
	HostOnline  = "online" // all are: one that is not seen any more is not listed
	HostOffline = "offline"
)

// The values of ByState for clusters: how the last sync of its source ended.
const (
	ClusterSynced = "synced"
	ClusterFailed = "failed"
)

// The values of ByOutcome: for the authorization of one image Authorized or
// Refused; for a task any of them, where Authorized and Refused mean all images.
const (
	Authorized    = "authorized"
	Refused       = "refused" // by the daily limit
	PartlyRefused = "partly refused"
)

// OrderBy names a column that a list can be sorted by; "" is the order that is
// usual for the list. The doc comment of each list names those that it takes; it
// refuses others as Invalid.
type OrderBy string

// The orders.
const (
	OrderByCVSS       OrderBy = "CVSS"
	OrderByContainers OrderBy = "containers" // how many
	OrderByCreated    OrderBy = "created"
	OrderByEngine     OrderBy = "engine"
	OrderByHosts      OrderBy = "hosts" // how many
	OrderByKind       OrderBy = "kind"
	OrderByLastSeen   OrderBy = "last seen"
	OrderByName       OrderBy = "name"
	OrderByNumber     OrderBy = "number"
	OrderByPackages   OrderBy = "packages" // how many
	OrderByScanTime   OrderBy = "scan time"
	OrderBySecrets    OrderBy = "secrets" // how many
	OrderBySeverity   OrderBy = "severity"
	OrderBySize       OrderBy = "size"
	OrderBySynced     OrderBy = "synced" // when
	OrderByTime       OrderBy = "time"
	OrderByVulns      OrderBy = "vulnerabilities" // how many
)

// RiskClass says what sort of thing a risk is.
type RiskClass string

// The classes of risks, which are the values of ByClass.
const (
	RiskRootUser    RiskClass = "root user"   // the image runs as root
	RiskPermissions RiskClass = "permissions" // of a file
	RiskSecret      RiskClass = "secret"
	RiskOther       RiskClass = "other"
)
