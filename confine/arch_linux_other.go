//go:build linux && !amd64 && !arm64

package confine

// There is no filter for this architecture; landlock and rlimits still apply.
const auditArch = 0
