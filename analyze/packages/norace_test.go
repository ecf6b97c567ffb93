//go:build !race

package packages

const raceDetector = false
