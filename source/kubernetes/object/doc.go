// Package object decodes the objects of a cluster's API from JSON: of each
// kind the few fields that are read, one object at a time, so that hostile
// JSON takes little memory. A pod of k8s.io/api would be a kilobyte for three
// bytes. It is a package of its own so that it is fuzzed without building the
// client of the cluster for that.
package object
