package realtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// registryConfig configures a registry that requires a password for everything:
// https://distribution.github.io/distribution/about/configuration/
const registryConfig = `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: %q}}
http: {addr: %q}
auth: {htpasswd: {realm: test, path: %q}}
`

// Registry starts a Distribution registry with one user and password, and returns
// its address ("127.0.0.1:5000").
func Registry(t testing.TB, user, password string) (addr string) {
	t.Helper()
	program := Need(t, "docker-registry", "docker-registry")
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	addr = "127.0.0.1:" + freePort(t)
	users, config := filepath.Join(dir, "htpasswd"), filepath.Join(dir, "config.yml")
	for path, content := range map[string]string{
		users:  fmt.Sprintf("%s:%s\n", user, hash),
		config: fmt.Sprintf(registryConfig, filepath.Join(dir, "storage"), addr, users),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "serve", config)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	waitForPort(t, addr, log.Name())
	return addr
}

// waitForPort waits until something listens on addr.
func waitForPort(t testing.TB, addr, log string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			out, _ := os.ReadFile(log)
			t.Fatalf("nothing listens on %s: %v\n%s", addr, err, out)
		}
	}
}
