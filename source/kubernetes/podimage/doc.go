// Package podimage reads what pods and their secrets say of images: which
// image a container has, what it is called, and with which logins its registry
// gives it. All of it comes from strangers; nothing here asks a cluster or a
// registry. It is a package of its own so that it is fuzzed without building
// the client of the cluster for that.
package podimage
