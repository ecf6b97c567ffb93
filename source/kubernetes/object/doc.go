// Package object decodes the objects of a cluster's API from JSON: of each
// kind only the fields that are used, and one object at a time, so that hostile
// JSON takes little memory. With k8s.io/api, three bytes could become a pod of a
// kilobyte. It is a separate package so that fuzzing does not build the client.
package object
