// Package podimage parses image IDs, image names and pull secrets of pods: which
// image a container has, its name, and the logins for its registry. All input is
// untrusted, and nothing here calls a cluster or a registry. It is a separate
// package so that fuzzing does not build the client of the cluster.
package podimage
