//go:build linux && !amd64 && !arm64

package confine

// No filter is known here: landlock and rlimits remain.
const auditArch = 0
