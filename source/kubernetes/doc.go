// Package kubernetes is a source of the images that the pods of a cluster run.
// The API of the cluster lists the images and the secrets to pull them from their
// registries; nodes are not contacted. The package also reports which container runs
// on which node.
//
// The API is read through client-go's REST client and decoded as a stream into
// small types with only the fields that are used: the full clientset registers every
// API group at start, and three bytes of hostile JSON would become a kilobyte as a
// pod of k8s.io/api.
//
// It needs these rights. Those on secrets and service accounts
// can be given namespace by namespace (RoleBinding), or left out when no
// registry needs a login:
//
//	apiVersion: rbac.authorization.k8s.io/v1
//	kind: ClusterRole
//	metadata: {name: landwaiter}
//	rules:
//	- {apiGroups: [""], resources: [pods, nodes], verbs: [list]}
//	- {apiGroups: [""], resources: [namespaces], resourceNames: [kube-system], verbs: [get]}
//	---
//	apiVersion: rbac.authorization.k8s.io/v1
//	kind: ClusterRole
//	metadata: {name: landwaiter-pull}
//	rules:
//	- {apiGroups: [""], resources: [serviceaccounts, secrets], verbs: [get]}
package kubernetes
