package history

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// BenchmarkConfig masks a config like those of the official images.
func BenchmarkConfig(b *testing.B) {
	steps := []string{
		"/bin/sh -c #(nop) ADD file:4b1be1de1a1e5aa608c688cad2824587262081866180d7368feb79d33ca05953 in / ",
		"/bin/sh -c set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends ca-certificates curl; " +
			"\trm -rf /var/lib/apt/lists/*",
		"RUN /bin/sh -c set -ex; export GNUPGHOME=\"$(mktemp -d)\"; " +
			"gpg --batch --keyserver keyserver.ubuntu.com --recv-keys \"$GPG_KEY\"; " +
			"curl -fsSL -o python.tar.xz " +
			"\"https://www.python.org/ftp/python/${PYTHON_VERSION}/Python-$PYTHON_VERSION.tar.xz\"; " +
			"echo \"$PYTHON_SHA256 *python.tar.xz\" | sha256sum -c -; tar -xJf python.tar.xz -C /usr/src # buildkit",
		"ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"COPY --chown=app:app . /app # buildkit", `CMD ["python3" "-m" "app"]`,
	}
	c := landwaiter.ImageConfig{
		Env: []string{"PATH=/usr/bin:/bin", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D"}, Cmd: []string{"python3"},
		Labels: map[string]string{"org.opencontainers.image.source": "https://github.com/a/b"},
	}
	for range 3 {
		for _, s := range steps {
			c.History = append(c.History, landwaiter.History{CreatedBy: s, Comment: "buildkit.dockerfile.v0"})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		Config(c)
	}
}
