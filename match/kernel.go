package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// isKernelHeaders reports whether the package is built from the kernel's
// source but contains only headers. Advisories for the kernel's source are
// about code that such a package does not contain, and every image with a C
// compiler has one: Debian's linux-libc-dev alone would add a thousand false
// positives. An installed kernel is matched like any other package.
func isKernelHeaders(pkg landwaiter.Package) bool {
	switch pkg.Type {
	case "deb":
		// Packages linux-libc-dev, linux-headers-6.1.0-9-amd64,
		// linux-aws-headers-5.15.0-1 of sources linux, linux-aws, linux-hwe-6.8.
		if pkg.SourceName != "linux" && !strings.HasPrefix(pkg.SourceName, "linux-") {
			return false
		}
		return strings.HasPrefix(pkg.Name, "linux-libc-dev") ||
			strings.HasPrefix(pkg.Name, "linux-") && strings.Contains(pkg.Name, "-headers-")
	case "rpm": // kernel-headers, kernel-rt-headers, kernel-cross-headers
		if pkg.SourceName != "kernel" && !strings.HasPrefix(pkg.SourceName, "kernel-") {
			return false
		}
		return strings.HasPrefix(pkg.Name, "kernel-") && strings.HasSuffix(pkg.Name, "-headers")
	}
	return false
}
