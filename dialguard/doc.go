// Package dialguard refuses outgoing connections to addresses where no registry, mirror or receiver can be: cloud
// metadata services, link-local and multicast addresses, and, for hosts that another host named, this machine.
//
// A host is either configured (an operator named it) or named by a stranger: by a redirect, a WWW-Authenticate realm, a
// next page, the image of a pod. The address is checked when it is dialled, after the name was resolved, so that
// neither a DNS name nor the spelling of an address can hide it, and a second resolution cannot change it
// (CVE-2020-13788, CVE-2026-10517). Private networks are allowed: registries and mirrors are in them. With an
// HTTP proxy, the proxy resolves names, and only the spelling of the host is checked here.
package dialguard
