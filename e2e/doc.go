// Package e2e holds the tests of Landwaiter as a user meets it: they build the
// landwaiter command once and run it as a process, against the official
// clients of the API, a real registry, a real Debian root, real archives, and
// kill -9.
//
// What a machine does not have (Node.js, docker-registry, mmdebstrap,
// PostgreSQL, the shared test data) skips its tests with a reason, or fails
// them where the environment variable CI is "true". The flag -short leaves out
// what takes more than some seconds.
package e2e
