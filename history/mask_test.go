package history

import (
	"strings"
	"testing"
	"time"
)

// planted stands for a secret in the forms below. It has what a shell, a URL
// and JSON leave alone; others are in TestValues.
const planted = "Pl4nted+S3cret/=x"

func shows(text string) bool {
	return strings.Contains(text, planted[4:]) || strings.Contains(text, token[3:])
}

// token stands for one of letters and digits only.
const token = "Pl4ntedT0ken"

func plant(form string) string { return strings.NewReplacer("%s", planted, "%t", token).Replace(form) }

// forms hold a secret where %s is, or %t.
var forms = []string{
	// URLs.
	"RUN pip install --index-url https://ci:%s@pypi.example.com/simple app",
	"RUN git clone https://oauth2:%s@git.example.com/a/b.git /src",
	"RUN git clone https://%t@git.example.com/a.git",
	"RUN git clone https://%t:x-oauth-basic@git.example.com/a.git",
	"ENV DATABASE_URL=postgres://app:%s@db:5432/app?sslmode=disable",
	"ENV REDIS=redis://:%s@cache:6379/0",
	`CMD ["app", "--db", "mysql://root:%s@db/app"]`,
	"ENV DSN=app:%s@tcp(db:3306)/app",
	`RUN echo "{\"u\":\"https:\/\/ci:%s@example.com\/\"}" > c.json`,
	"RUN curl 'https://example.com/x?user=a&access_token=%s&y=1'",
	// curl and its kin.
	"RUN curl -u ci:%s https://example.com/a.tgz",
	"RUN curl -fsSLu ci:%s https://example.com/a.tgz",
	"RUN curl -uci:%s https://example.com",
	"RUN curl --user 'ci:%s' https://example.com",
	`RUN curl --user="ci:%s" https://example.com`,
	"RUN curl --proxy-user ci:%s -x proxy https://example.com",
	"RUN skopeo copy --src-creds ci:%s docker://a docker://b",
	`CMD ["curl","-u","ci:%s","https://example.com"]`,
	`CMD ["curl", "--user", "ci:%s", "https://example.com"]`,
	// Headers.
	`RUN curl -H "Authorization: Bearer %s" https://example.com`,
	`RUN curl -H 'Authorization: Basic %s' https://example.com`,
	`RUN curl -H 'authorization: token %s' https://example.com`,
	`RUN curl -H 'Authorization: %s' https://example.com`,
	`RUN wget --header="Proxy-Authorization: Bearer %s" https://example.com`,
	`RUN curl -H Authorization:\ Bearer\ %s https://example.com`,
	`CMD ["curl","-H","Authorization: Bearer %s","https://example.com"]`,
	`RUN /bin/sh -c "curl -H \"Authorization: Bearer %s\" https://example.com"`,
	`RUN curl -H "X-Api-Key: %s" https://example.com`,
	`RUN curl -H "PRIVATE-TOKEN:%s" https://example.com`,
	`RUN curl -H 'Cookie: %s' https://example.com`,
	// Assignments.
	"RUN DB_PASSWORD=%s ./setup",
	"RUN DB_PASSWORD='%s' ./setup",
	`RUN DB_PASSWORD="%s" ./setup`,
	"RUN export PGPASSWORD=%s; psql -h db",
	"RUN export \"TOKEN=%s\" && make",
	"ENV AWS_SECRET_ACCESS_KEY=%s",
	"ENV A=b DB_PASSWORD=%s C=d # buildkit",
	"ENV DB_PASSWORD %s",
	"/bin/sh -c #(nop)  ENV DB_PASSWORD=%s",
	"/bin/sh -c #(nop)  ARG NPM_TOKEN=%s",
	"cmd /S /C #(nop)  ENV DB_PASSWORD=%s",
	"LABEL com.example.db.password=%s other=x",
	"/bin/sh -c #(nop)  ONBUILD ENV API_KEY=%s",
	"/bin/sh -c #(nop)  ONBUILD RUN API_KEY=%s make",
	"RUN |2 A=b NPM_TOKEN=%s /bin/sh -c npm ci # buildkit",
	"|1 SECRET_KEY_BASE=%s /bin/sh -c rails assets:precompile",
	"RUN ./run --password=%s --user=x",
	"RUN ./run --password %s --user x",
	"RUN ./run --client-secret %s",
	"RUN ./run -storepass %s -alias x",
	"RUN java -Ddb.password=%s -jar app.jar",
	`ENTRYPOINT ["app","--password","%s"]`,
	`ENTRYPOINT ["app", "--db-password=%s"]`,
	`CMD ["sh","-c","DB_PASSWORD=%s exec app"]`,
	`HEALTHCHECK &{["CMD-SHELL" "PGPASSWORD=%s pg_isready"] "30s" "0s" "0s" '\x00'}`,
	`HEALTHCHECK CMD curl -u app:%s http://localhost/`,
	"RUN echo '//registry.example.com/:_authToken=%s' > .npmrc",
	"RUN npm config set //registry.example.com/:_authToken %s",
	"RUN echo '_auth=%t' >> .npmrc",
	"RUN aws configure set aws_secret_access_key %s",
	`RUN echo '{"password": "%s"}' > c.json`,
	`RUN echo '{"user":"a","password":"%s","x":1}' > c.json`,
	`RUN echo "{\"password\": \"%s\"}" > c.json`,
	`RUN echo "{\"auths\":{\"r\":{\"auth\":\"%t\"}}}" > config.json`,
	"RUN echo 'password: %s' > c.yaml",
	"RUN echo 'password = %s' > c.ini",
	"RUN echo '<password>%s</password>' > settings.xml",
	"RUN echo 'machine github.com login ci password %s' > ~/.netrc",
	`RUN echo "Server=db;User Id=sa;Password=%s;Encrypt=true" > c`,
	"RUN X=${DB_PASSWORD:-%s} make",
	`RUN powershell -Command $env:DB_PASSWORD = '%s'; ./setup.ps1`,
	`RUN powershell -Command [Environment]::SetEnvironmentVariable('DB_PASSWORD', '%s')`,
	"RUN kubectl create secret generic x --from-literal=password=%s",
	"RUN docker build --build-arg NPM_TOKEN=%s .",
	// Commands.
	"RUN mysql -uroot -p%s -e 'select 1'",
	"RUN mysqladmin -u root -p'%s' ping",
	"RUN sshpass -p %s ssh host",
	"RUN docker login -u ci -p %s registry.example.com",
	"RUN redis-cli -a %s ping",
	"RUN unzip -P %s a.zip",
	"RUN echo 'root:%s' | chpasswd",
	`RUN echo "app:%s" | sudo chpasswd -c SHA512`,
	"RUN echo %s | docker login --username ci --password-stdin r.example.com",
	"RUN echo %s | passwd --stdin root",
	"RUN psql -c \"ALTER USER a WITH PASSWORD '%s'\"",
	"RUN mysql -e \"CREATE USER a IDENTIFIED BY '%s'\"",
	"RUN openssl rsa -in k.pem -passin pass:%s",
	// Forms of their own.
	"RUN echo '-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA%s\n-----END RSA PRIVATE KEY-----' > k",
}

func TestSecretsAreMasked(t *testing.T) {
	for _, form := range forms {
		in := plant(form)
		got := Text(in)
		if shows(got) || !strings.Contains(got, stars) {
			t.Errorf("%s\n  is shown as %s", in, got)
		}
		if again := Text(got); again != got {
			t.Errorf("%s\n  is shown as %s,\n  and that as %s", in, got, again)
		}
	}
}

func TestHarmlessStepsStay(t *testing.T) {
	for _, step := range []string{
		"ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"ENV PASSWORD_FILE=/run/secrets/x", "ENV DB_PASSWORD_FILE=/run/secrets/db",
		"ENV TOKEN_URL=https://example.com/token",
		"ENV DB_PASSWORD=", "ENV DB_PASSWORD=$DB_PASSWORD", "ENV DB_PASSWORD=${DB_PASSWORD:-}", "ARG NPM_TOKEN",
		"ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "ENV TOKENIZER=fast", "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes",
		"RUN PGPASSWORD=$PW psql", `RUN PGPASSWORD="$PW" psql`, "RUN PGPASSWORD= psql -c x",
		"RUN TOKEN=$(cat /run/secrets/token) make",
		"RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
		"RUN --mount=type=secret,id=token TOKEN=$(cat /run/secrets/token) make",
		"RUN adduser --disabled-password --gecos '' app", "RUN adduser --disabled-password app",
		"RUN useradd -u 1000 -g 1000 app && passwd -l root", "RUN apt-get install -y passwd login libsecret-1-0",
		"RUN chown -R 1000:1000 /app && chmod 755 /app", "RUN docker run --user 1000:1000 x",
		"RUN docker run --user app:app x",
		"RUN pip install --user app==1.0", "RUN cp /etc/passwd:/etc/shadow /x", `RUN docker run -v "$PWD":/app x`,
		"RUN echo 'app ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers", "RUN echo 'app ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers",
		"RUN sed -i 's/#PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config",
		"RUN sed -i 's/PermitRootLogin prohibit-password/PermitRootLogin yes/' /etc/ssh/sshd_config",
		"RUN git clone https://github.com/a/b.git && git clone git@github.com:a/b.git && git clone ssh://git@example.com/a",
		"RUN npm install @scope/pkg@1.2.3 https://example.com/@scope/pkg/-/pkg-1.2.3.tgz http://example.com:8080/@x/y",
		"RUN docker pull registry.example.com:5000/a/b@sha256:0123 && skopeo inspect docker://alpine:3.18@sha256:0123",
		"RUN git clone https://oauth2:${TOKEN}@git.example.com/a.git", "RUN curl -u $USER:$PASS https://example.com",
		`RUN curl -H "Authorization: Bearer ${TOKEN}" https://example.com`,
		`RUN curl -H "Authorization: Bearer $TOKEN" https://a`,
		`RUN mysql -uroot -p"$MYSQL_ROOT_PASSWORD" app`, "RUN mysql -u root -p app", "RUN mkdir -p /app && cp -p a b",
		`RUN [ -z "$DB_PASSWORD" ] && exit 1`, "RUN test -n \"$TOKEN\" || exit 1",
		"FROM secret:latest", "COPY --from=token:1.2 /a /b", "RUN ./run --token-file /run/secrets/x --password-stdin",
		"RUN ./run --token-ttl 5m --auth none --secret id=x,src=y", "EXPOSE 8080", `CMD ["nginx", "-g", "daemon off;"]`,
		"RUN apt-key adv --keyserver keyserver.ubuntu.com --recv-keys 0123456789ABCDEF", "LABEL maintainer=a@example.com",
		"RUN keytool -importcert -alias x -file y -noprompt -storetype PKCS12", "RUN tar -xzpf a.tgz -C /",
		"ENV AUTH=basic",
		"RUN ssh-keygen -t rsa && grep -q -- '-----BEGIN PRIVATE KEY-----' x",
		"RUN curl --user-agent x:y https://example.com",
		"HEALTHCHECK NONE",
		"RUN set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates; rm -rf /x",
	} {
		if got := Text(step); got != step {
			t.Errorf("%s\n  is shown as %s", step, got)
		}
	}
}

func TestValues(t *testing.T) {
	for in, want := range map[string]string{
		// What else stands in the step stays.
		"RUN DB_PASSWORD=hunter2hunter2 ./setup --all":       "RUN DB_PASSWORD=hun**** ./setup --all",
		"RUN pip install -i https://ci:hunter2hunter2@h/s a": "RUN pip install -i https://ci:hun****@h/s a",
		"ENV A=b DB_PASSWORD=hunter2hunter2 C=d":             "ENV A=b DB_PASSWORD=hun**** C=d",
		// The whole value, whatever is in it.
		"RUN PASSWORD='it is: a=b;c&d' make":                           "RUN PASSWORD='it****' make",
		`RUN PASSWORD="a \"b\" c" make`:                                `RUN PASSWORD="a****" make`,
		`RUN PASSWORD=a"b c"'d e'f make`:                               "RUN PASSWORD=a**** make",
		`RUN PASSWORD=ab\ cd\;ef make`:                                 "RUN PASSWORD=ab**** make",
		"ENV PASSWORD=with spaces and = B=c":                           "ENV PASSWORD=with**** B=c",
		"ENV PASSWORD two words":                                       "ENV PASSWORD tw****",
		`RUN env "PASSWORD=it's a secret" make`:                        `RUN env "PASSWORD=it****" make`,
		"RUN PASSWORD='$ecret' make":                                   "RUN PASSWORD='****' make",
		"RUN PASSWORD=${X:-hunter2}y make":                             "RUN PASSWORD=**** make",
		"RUN PASSWORD=pre${X} make":                                    "RUN PASSWORD=p**** make",
		"RUN curl -u 'ci:a b:c' https://h":                             "RUN curl -u 'ci:a****' https://h",
		"RUN git clone https://ci:p/w@h/x":                             "RUN git clone https://ci:****@h/x",
		"RUN git clone https://ci:p@w@h/x":                             "RUN git clone https://ci:****@h/x",
		"RUN TOKEN=$(curl -u a:hunter2hunter2 h) make":                 "RUN TOKEN=$(curl -u a:hun**** h) make",
		"RUN echo 'a:b\nroot:hunter2hunter2' | chpasswd":               "RUN echo 'a:b****' | chpasswd",
		`{"password":"a\"b","x":"y"}`:                                  `{"password":"a****","x":"y"}`,
		"RUN TOKEN=ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL make": "RUN TOKEN=ghp_a8**** make",
		"ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL":                "ghp_a8****",
	} {
		if got := Text(in); got != want {
			t.Errorf("%s\n  is shown as %s,\n  want        %s", in, got, want)
		}
	}
}

// TestTime holds the steps that look worst against the clock, with a wide
// margin: quadratic code takes minutes.
func TestTime(t *testing.T) {
	for _, unit := range []string{
		"password=", "password='", `password=\"`, "token=$(", "TOKEN=`", "a://", "://a:b/", "://a@", "@tcp(", `:\/\/a:b@`,
		"AKIA", "AIza", "glpat-", "xoxb-", "pypi-AgE", "npm_", "AccountKey=", "sk_live_", "PRIVATE KEY-----",
		"-u ", "curl -u", "a'\"", "{", "${PASSWORD:-", "<password>", "login x password ", "echo ", "echo a|", "password ",
		"\\", "\\'", "=", "ENV A=b ",
		"PRIVATE KEY-----aaaaaaaaaaaaaaaa", "identified by ", "Authorization: Bearer ",
		"ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL ", "|1 A=b ",
	} {
		text := strings.Repeat(unit, MaxText/len(unit))
		began := time.Now()
		got := Text(text)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%q: %v", unit, took)
		}
		if len(got) > MaxText {
			t.Errorf("%q: %d bytes", unit, len(got))
		}
	}
}

func FuzzText(f *testing.F) {
	for i, form := range forms {
		f.Add(plant(form), uint8(i))
	}
	f.Add("PASSWORD=\xff'\"\\", uint8(3))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		once := Text(text)
		if twice := Text(once); twice != once {
			t.Errorf("%q\nis  %q\nand %q", text, once, twice)
		}
		// A secret is found whatever stands on the lines before and behind it.
		form := forms[int(n)%len(forms)]
		if all := plant(form) + "\n" + text; !shows(text) && shows(Text(all)) {
			t.Errorf("%q\nis %q", all, Text(all))
		}
	})
}
