// Package dialguard keeps outgoing connections away from where no registry, mirror or receiver is: cloud metadata
// services, link-local and multicast addresses, and, for hosts that only another host named, this machine.
//
// A host is either configured (an operator named it) or named by a stranger: by a redirect, a WWW-Authenticate realm, a
// next page, the image of a pod. The address is checked where it is dialled, after the name was resolved, so that
// neither a DNS name nor a spelling of an address hides anything, and a second resolution cannot change it
// (CVE-2020-13788, CVE-2026-10517). Private networks are allowed: registries and mirrors are in them. Through an HTTP
// proxy the proxy resolves names, and only what the host's spelling shows is checked here.
package dialguard
