package kubernetes

import (
	"regexp"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes/object"
)

// Config says which cluster and namespaces to read. Either Kubeconfig or InCluster
// must be set.
type Config struct {
	// Kubeconfig is the content of a kubeconfig, not its path: so that its
	// credentials are kept with the settings, which are sealed, and so that a
	// worker on another machine has them. It may neither run programs nor
	// name files; [ReadKubeconfig] makes such content of a file.
	Kubeconfig string `json:"kubeconfig,omitempty"`
	// Context is the one of Kubeconfig to use; "" means its current one.
	Context string `json:"context,omitempty"`
	// InCluster means the cluster that this process runs in, by the service
	// account of its pod.
	InCluster bool `json:"inCluster,omitempty"`
	// ClusterID is what tasks name the cluster by. "" means "cls-" and the
	// first eight hex digits of the UID of the namespace kube-system, which is
	// the same however the cluster is reached.
	ClusterID string `json:"clusterID,omitempty"`
	// Name is for people. "" means the cluster's name in Kubeconfig, else its
	// ID.
	Name string `json:"name,omitempty"`
	// Namespaces are those to read; empty means all. When given, the right to
	// list pods is needed in these only.
	Namespaces []string `json:"namespaces,omitempty"`
	// ExcludeNamespaces are not read.
	ExcludeNamespaces []string `json:"excludeNamespaces,omitempty"`
	// PlainHTTP are the registries, as host or host:port, that may be read
	// without TLS. A loopback address, such as localhost:5000, is read only if
	// it is listed here: in a pod it means the node, and here it means this machine.
	PlainHTTP []string `json:"plainHTTP,omitempty"`
	// Platform is the one to take of multi-platform images.
	Platform source.Platform `json:"platform,omitzero"`
}

// maxNamespaces bounds Namespaces: each is one more list. Clusters have at
// most 10,000; to read most of them, exclude the others.
const maxNamespaces = 1000

// namespaceName is a DNS label, as RFC 1123 has it.
var namespaceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// check checks all but the kubeconfig's content.
func (c Config) check() error {
	switch {
	case c.InCluster == (c.Kubeconfig != ""):
		return landwaiter.About(landwaiter.Errorf(landwaiter.Invalid,
			"a cluster needs either a kubeconfig or, if Landwaiter runs in it, in-cluster access"),
			landwaiter.SettingClusterAccess)
	case len(c.ClusterID) > object.MaxName || len(c.Name) > object.MaxName:
		return landwaiter.Errorf(landwaiter.Invalid, "ID or name of a cluster of more than %d bytes, the limit",
			object.MaxName)
	case len(c.Namespaces) > maxNamespaces || len(c.ExcludeNamespaces) > maxNamespaces:
		return landwaiter.Errorf(landwaiter.TooLarge,
			"more than %d namespaces, the limit: read all and exclude some, or the reverse", maxNamespaces)
	}
	for _, ns := range slices.Concat(c.Namespaces, c.ExcludeNamespaces) {
		if !namespaceName.MatchString(ns) {
			return landwaiter.Errorf(landwaiter.Invalid,
				"namespace %.80q: want a name of lower-case letters, digits and hyphens; patterns are not supported", ns)
		}
	}
	return nil
}

// namespaces returns the namespaces to list; "" is all at once.
func (c Config) namespaces() []string {
	if len(c.Namespaces) == 0 {
		return []string{""}
	}
	list := slices.Clone(c.Namespaces)
	slices.Sort(list)
	return slices.Compact(list)
}
