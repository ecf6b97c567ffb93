package kubernetes

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxLogins bounds the registries of one secret. Those who have one for
	// each team have dozens.
	maxLogins = 1000
	// maxSecret bounds a secret's data, as Kubernetes does:
	// https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size
	maxSecret = 1 << 20
)

// login is the entry of a Docker config for one registry.
type login struct {
	host               string // with its port; each label is a pattern as of [path.Match]
	path               string // of the repositories, by whole elements; "" means all
	username, password string
}

// dockerHosts are how secrets call Docker Hub.
var dockerHosts = []string{"index.docker.io", "docker.io", "registry-1.docker.io"}

// entry is a login as Docker writes it: Auth, if it is there, is
// base64(username:password).
type entry struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Auth     string `json:"auth"`
}

// parseDockerConfigJSON reads a config.json of Docker, of which only the
// logins count: credential helpers would be programs.
// https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties
// Errors: Corrupt, TooLarge.
func parseDockerConfigJSON(raw []byte) ([]login, error) {
	var config struct {
		Auths map[string]entry `json:"auths"`
	}
	if err := unmarshalSecret(raw, &config); err != nil {
		return nil, err
	}
	return logins(config.Auths)
}

// parseDockerConfig reads the older form, a .dockercfg, which is the logins
// alone. Errors: Corrupt, TooLarge.
func parseDockerConfig(raw []byte) ([]login, error) {
	var auths map[string]entry
	if err := unmarshalSecret(raw, &auths); err != nil {
		return nil, err
	}
	return logins(auths)
}

// unmarshalSecret keeps the words of the JSON parser out of messages: they may
// quote the secret.
func unmarshalSecret(raw []byte, out any) error {
	if len(raw) > maxSecret {
		return landwaiter.Errorf(landwaiter.TooLarge, "the secret has more than %d bytes, the limit", maxSecret)
	}
	if json.Unmarshal(raw, out) != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "the secret is no Docker config: make it by kubectl create secret docker-registry")
	}
	return nil
}

// logins returns the usable entries, the most specific ones first. An entry
// that cannot be read loses only itself.
func logins(auths map[string]entry) ([]login, error) {
	if len(auths) > maxLogins {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the secret has logins to more than %d registries, the limit", maxLogins)
	}
	var out []login
	for key, e := range auths {
		l := login{username: e.Username, password: e.Password}
		if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(e.Auth)); err == nil && e.Auth != "" {
			user, password, ok := strings.Cut(string(plain), ":")
			if ok {
				l.username, l.password = user, strings.TrimRight(password, "\x00") // old clients fill up the block
			}
		}
		l.host, l.path = splitKey(key)
		if l.host != "" && l.username+l.password != "" {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b login) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(strings.Count(a.host, "*"), strings.Count(b.host, "*")),
			cmp.Compare(a.host, b.host), cmp.Compare(a.path, b.path), cmp.Compare(a.username, b.username))
	})
	return out, nil
}

// splitKey reads what a login is for: "registry.example.com/team",
// "*.example.com:5000", "https://index.docker.io/v1/".
// https://kubernetes.io/docs/concepts/containers/images/#config-json
func splitKey(key string) (host, dir string) {
	if _, after, ok := strings.Cut(key, "://"); ok {
		key = after
	}
	host, dir, _ = strings.Cut(key, "/")
	dir = strings.Trim(dir, "/")
	// The versions of the protocol, not repositories.
	for _, version := range []string{"v1", "v2"} {
		if rest, ok := strings.CutPrefix(dir+"/", version+"/"); ok {
			dir = strings.Trim(rest, "/")
			break
		}
	}
	return strings.ToLower(host), dir
}

// fits reports whether the login is for a repository, by the rules of the
// kubelet: host patterns match label by label, ports are equal, paths are
// prefixes. Here, unlike there, a prefix ends at a slash.
func (l login) fits(repository string) bool {
	host, dir, _ := strings.Cut(repository, "/")
	if l.path != "" && dir != l.path && !strings.HasPrefix(dir, l.path+"/") {
		return false
	}
	if host == "docker.io" {
		return slices.ContainsFunc(dockerHosts, l.isFor)
	}
	return l.isFor(strings.ToLower(host))
}

func (l login) isFor(host string) bool {
	patterns, labels := strings.Split(l.host, "."), strings.Split(host, ".")
	if len(patterns) != len(labels) {
		return false
	}
	for i := range patterns {
		// The last label has the port.
		pattern, port, _ := strings.Cut(patterns[i], ":")
		label, ownPort, _ := strings.Cut(labels[i], ":")
		if ok, err := path.Match(pattern, label); err != nil || !ok || port != ownPort {
			return false
		}
	}
	return true
}
