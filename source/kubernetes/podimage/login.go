package podimage

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
	// maxLogins bounds the registries of one secret. Teams with separate
	// registries have dozens.
	maxLogins = 1000
	// maxSecret bounds a secret's data, as Kubernetes does:
	// https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size
	maxSecret = 1 << 20
)

// Login is the entry of a Docker config for one registry.
type Login struct {
	Host               string // with its port; each label is a pattern as of [path.Match]
	Path               string // of the repositories, by whole elements; "" means all
	Username, Password string
}

// dockerHosts are the names of Docker Hub in secrets.
var dockerHosts = []string{"index.docker.io", "docker.io", "registry-1.docker.io"}

// entry is a login as Docker writes it: Auth, if it is there, is
// base64(username:password).
type entry struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Auth     string `json:"auth"`
}

// ParseDockerConfigJSON reads a config.json of Docker, of which only the
// logins count: credential helpers would be programs.
// https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties
// Errors: Corrupt, TooLarge.
func ParseDockerConfigJSON(raw []byte) ([]Login, error) {
	var config struct {
		Auths map[string]entry `json:"auths"`
	}
	if err := unmarshalSecret(raw, &config); err != nil {
		return nil, err
	}
	return logins(config.Auths)
}

// ParseDockerConfig reads the older form, a .dockercfg, which is the logins
// alone. Errors: Corrupt, TooLarge.
func ParseDockerConfig(raw []byte) ([]Login, error) {
	var auths map[string]entry
	if err := unmarshalSecret(raw, &auths); err != nil {
		return nil, err
	}
	return logins(auths)
}

// unmarshalSecret keeps the text of JSON errors out of messages, because it may
// quote the secret.
func unmarshalSecret(raw []byte, out any) error {
	if len(raw) > maxSecret {
		return landwaiter.Errorf(landwaiter.TooLarge, "the secret has more than %d bytes, the limit", maxSecret)
	}
	if json.Unmarshal(raw, out) != nil {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"the secret is not a Docker config: create it with kubectl create secret docker-registry")
	}
	return nil
}

// logins returns the usable entries, the most specific ones first. An entry
// that cannot be read is skipped.
func logins(auths map[string]entry) ([]Login, error) {
	if len(auths) > maxLogins {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the secret has logins to more than %d registries, the limit",
			maxLogins)
	}
	var out []Login
	for key, e := range auths {
		l := Login{Username: e.Username, Password: e.Password}
		if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(e.Auth)); err == nil && e.Auth != "" {
			user, password, ok := strings.Cut(string(plain), ":")
			if ok {
				l.Username, l.Password = user, strings.TrimRight(password, "\x00") // old clients fill up the block
			}
		}
		l.Host, l.Path = splitKey(key)
		if l.Host != "" && l.Username+l.Password != "" {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b Login) int {
		return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)),
			cmp.Compare(strings.Count(a.Host, "*"), strings.Count(b.Host, "*")), cmp.Compare(a.Host, b.Host),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Username, b.Username), cmp.Compare(a.Password, b.Password))
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

// Fits reports whether the login is for a repository, by the rules of the
// kubelet: host patterns match label by label, ports are equal, paths are
// prefixes. Here, unlike there, a prefix ends at a slash.
func (l Login) Fits(repository string) bool {
	host, dir, _ := strings.Cut(repository, "/")
	if l.Path != "" && dir != l.Path && !strings.HasPrefix(dir, l.Path+"/") {
		return false
	}
	if host == "docker.io" {
		return slices.ContainsFunc(dockerHosts, l.isFor)
	}
	return l.isFor(strings.ToLower(host))
}

func (l Login) isFor(host string) bool {
	patterns, labels := strings.Split(l.Host, "."), strings.Split(host, ".")
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
