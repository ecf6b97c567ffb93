// Package kubernetes is a source of the images that the pods of a cluster run.
// The cluster's API tells which they are and with which secrets their content
// is pulled from their registries; nodes are not contacted. What runs where is
// told, too.
//
// The API is read through client-go's REST client and decoded as a stream into
// types of our own, which hold the few fields that are used: the full clientset
// registers every API group at start, and three bytes of hostile JSON would be
// a kilobyte as a pod of k8s.io/api.
//
// These are the rights that it needs. Those on secrets and service accounts
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
