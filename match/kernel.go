package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// isKernelHeaders reports whether the package is a part of the kernel's source
// package that holds its headers alone. The flaws of the kernel's source are in
// code that such a package does not have, and every image with a C compiler has
// the package: linux-libc-dev of Debian alone would bring a thousand false
// alarms. A kernel that is itself installed is judged as anything else.
func isKernelHeaders(pkg landwaiter.Package) bool {
	switch pkg.Type {
	// linux-libc-dev, linux-headers-6.1.0-9-amd64, linux-aws-headers-5.15.0-1; of linux,
	// linux-aws, linux-hwe-6.8
	case "deb":
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
