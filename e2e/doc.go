// Package e2e tests Landwaiter as users run it: the tests build the landwaiter
// command once and run it as a process, with the official clients of the API, a
// real registry, a real Debian file system, real archives, and kill -9.
//
// Tests that need something that is not installed (Node.js, docker-registry,
// mmdebstrap, PostgreSQL, the shared test data) are skipped with a reason. If the
// environment variable CI is "true", they fail instead. The flag -short skips
// tests that take more than a few seconds.
package e2e
