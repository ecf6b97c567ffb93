package dialguard

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// metadata are the addresses of cloud metadata services that are not link-local as 169.254.169.254 is.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("fd00:42::42"),     // Scaleway
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

// metadataNames are the names of these services, which a proxy would resolve.
var metadataNames = []string{
	"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
}

// Who says who named the host of a connection. The zero value is Stranger.
type Who int

const (
	// Stranger is another host or an image: the connection must not lead to this machine either.
	Stranger Who = iota
	// Operator is the person who configured this program: the host may be this machine.
	Operator
)

// CheckAddr returns a Denied error for an address that a host named by who must not have. If the address contains an
// IPv4 address, that is checked as well: IPv4-mapped and IPv4-compatible, NAT64, 6to4, Teredo and ISATAP.
func CheckAddr(addr netip.Addr, who Who) error {
	addr = addr.WithZone("")
	for _, a := range append(embedded(addr), addr.Unmap()) {
		switch {
		case !a.IsValid(), a.IsLinkLocalUnicast(), a.IsMulticast(), slices.Contains(metadata, a), isBroadcast(a):
			return refused("connection to %s refused: no server has this address", addr)
		case who == Stranger && isThisMachine(a):
			return refused("connection to %s refused: it is this machine, and another host named it", addr)
		}
	}
	return nil
}

func isBroadcast(a netip.Addr) bool { return a.Is4() && a.As4() == [4]byte{255, 255, 255, 255} }

// isThisMachine reports whether an address is this machine. Linux connects to itself for all of 127.0.0.0/8, and for
// 0.0.0.0 and ::. RFC 1122, section 3.2.1.3, keeps all of 0.0.0.0/8 for "this host on this network".
func isThisMachine(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || (a.Is4() && a.As4()[0] == 0)
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052
	nat64Own  = netip.MustParsePrefix("64:ff9b:1::/48")  // RFC 8215, for local prefixes
	sixToFour = netip.MustParsePrefix("2002::/16")       // RFC 3056
	teredo    = netip.MustParsePrefix("2001::/32")       // RFC 4380
	mapped    = netip.MustParsePrefix("::ffff:0:0/96")   // RFC 4291, section 2.5.5.2
	translate = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765: IPv4-translated
	low       = netip.MustParsePrefix("::/96")           // RFC 4291, section 2.5.5.1: IPv4-compatible
)

// embedded returns the IPv4 addresses to which a translator or a tunnel would forward an IPv6 address.
func embedded(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	switch {
	case nat64Own.Contains(a):
		return inOwnNAT64(b)
	case nat64.Contains(a), mapped.Contains(a), translate.Contains(a):
		return []netip.Addr{at(12)}
	case low.Contains(a) && !a.IsUnspecified() && !a.IsLoopback():
		return []netip.Addr{at(12)}
	case sixToFour.Contains(a):
		return []netip.Addr{at(2)}
	case teredo.Contains(a):
		var client [4]byte
		binary.BigEndian.PutUint32(client[:], ^binary.BigEndian.Uint32(b[12:]))
		return []netip.Addr{at(4), netip.AddrFrom4(client)}
	case binary.BigEndian.Uint32(b[8:])&^0x0200_0000 == 0x5efe: // ISATAP (RFC 5214, section 6.1)
		return []netip.Addr{at(12)}
	}
	return nil
}

// inOwnNAT64 returns all addresses that b may contain. Their position depends on the length of the network's prefix,
// which is not known here (RFC 6052, section 2.2). A position that begins with zero counts as unused.
func inOwnNAT64(b [16]byte) []netip.Addr {
	out := []netip.Addr{netip.AddrFrom4([4]byte(b[12:]))} // /96
	for _, a := range [][4]byte{
		{b[6], b[7], b[9], b[10]},   // /48
		{b[7], b[9], b[10], b[11]},  // /56
		{b[9], b[10], b[11], b[12]}, // /64
	} {
		if a[0] != 0 {
			out = append(out, netip.AddrFrom4(a))
		}
	}
	return out
}

func refused(format string, args ...any) error {
	return landwaiter.Errorf(landwaiter.Denied, format, args...)
}

// CheckHost checks the spelling of a host, with or without a port: for a name, almost nothing; for an address in any
// form that a resolver accepts ("2130706433", "0x7f.1", "[::1%lo]"), the address.
func CheckHost(host string, who Who) error {
	host = bare(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return CheckAddr(addr, who)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case name == "" || strings.ContainsAny(name, "%\x00 /\\"):
		return refused("connection to %.100q refused: it is no host", host)
	case slices.Contains(metadataNames, name):
		return refused("connection to %s refused: it is a metadata service", name)
	case who == Stranger && (name == "localhost" || strings.HasSuffix(name, ".localhost")):
		return refused("connection to %s refused: it is this machine, and another host named it", name)
	case !endsInNumber(name):
		return nil
	}
	addr, ok := parseNumbers(name)
	if !ok {
		return refused("connection to %.100q refused: it is neither a name nor an address", host)
	}
	return CheckAddr(addr, who)
}

// IsLoopback reports whether a host, with or without a port, is this machine by its spelling: a name that merely
// resolves to it does not count.
func IsLoopback(host string) bool {
	host = bare(host)
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && (addr.Unmap().IsLoopback() || addr.IsUnspecified()))
}

// bare drops the port and the brackets.
func bare(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// endsInNumber reports whether the last label is a number. No top-level domain is, so the host is an address
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, err := strconv.ParseUint(strings.TrimPrefix(last, "0x"), 16, 64)
	return strings.HasPrefix(last, "0x") && (err == nil || last == "0x")
}

// parseNumbers reads an IPv4 address as inet_aton does: one to four numbers, decimal, octal or hexadecimal, of which
// the last fills the bytes that are left.
func parseNumbers(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		if strings.Contains(part, "_") { // an extension of Go
			return netip.Addr{}, false
		}
		if len(part) > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9' {
			part = "0o" + part[1:]
		}
		n, err := strconv.ParseUint(part, 0, 32)
		left := uint(8)
		if i == len(parts)-1 {
			left = uint(8 * (5 - len(parts)))
		}
		if err != nil || n >= 1<<left {
			return netip.Addr{}, false
		}
		value = value<<left | n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(value))
	return netip.AddrFrom4(b), true
}
