package dialguard_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
)

// TestAddresses: who may have which address. Each is tried as an address, and as the host of a URL.
func TestAddresses(t *testing.T) {
	type allowed struct{ operator, stranger bool }
	public, local, never := allowed{true, true}, allowed{true, false}, allowed{false, false}
	for text, want := range map[string]allowed{
		"169.254.169.254":                never,
		"::ffff:169.254.169.254":         never,
		"::ffff:0:169.254.169.254":       never, // IPv4-translated
		"::169.254.169.254":              never, // IPv4-compatible
		"64:ff9b::169.254.169.254":       never, // NAT64
		"64:ff9b::a9fe:a9fe":             never,
		"64:ff9b:1::169.254.169.254":     never, // NAT64 with a prefix of one's own: /96,
		"64:ff9b:1:a9fe:a9:fe00::":       never, // and /48
		"2002:a9fe:a9fe::1":              never, // 6to4
		"2001:0:808:808:0:0:5601:5601":   never, // Teredo: the client's, inverted
		"2001:0:a9fe:a9fe::1":            never, // the server's
		"fe80::1%eth0":                   never,
		"fe80::5efe:8.8.8.8":             never,
		"2001:db8::5efe:169.254.169.254": never, // ISATAP
		"2001:db8::200:5efe:127.0.0.1":   local,
		"fd00:ec2::254":                  never,
		"fd00:ec2::254%eth0":             never,
		"100.100.100.200":                never,
		"168.63.129.16":                  never,
		"192.0.0.192":                    never,
		"224.0.0.1":                      never,
		"ff02::1":                        never,
		"255.255.255.255":                never,
		"127.0.0.1":                      local,
		"127.255.255.254":                local,
		"::ffff:127.1.2.3":               local,
		"::127.0.0.1":                    local,
		"64:ff9b::127.0.0.1":             local,
		"64:ff9b:1::7f00:1":              local,
		"2002:7f00:1::":                  local,
		"::1":                            local,
		"::1%lo":                         local,
		"::":                             local,
		"0.0.0.0":                        local,
		"0.1.2.3":                        local,
		"64:ff9b::":                      local,
		"10.0.0.1":                       public,
		"192.168.1.1":                    public,
		"fd00::1":                        public,
		"8.8.8.8":                        public,
		"64:ff9b::8.8.8.8":               public,
		"64:ff9b:1::8.8.8.8":             public,
		"2002:808:808::1":                public,
		"2606:4700::1111":                public,
	} {
		addr := netip.MustParseAddr(text)
		for who, want := range map[dialguard.Who]bool{dialguard.Operator: want.operator, dialguard.Stranger: want.stranger} {
			check(t, text, who, want, dialguard.CheckAddr(addr, who))
			check(t, "host "+text, who, want, dialguard.CheckHost(text, who))
			check(t, "host and port "+text, who, want, dialguard.CheckHost(net.JoinHostPort(text, "443"), who))
		}
	}
}

// TestSpellings: what a resolver makes an address of is seen before a proxy gets it.
func TestSpellings(t *testing.T) {
	for host, want := range map[string]struct{ operator, stranger bool }{
		"2852039166":                {false, false}, // 169.254.169.254
		"0xa9fea9fe":                {false, false},
		"0XA9.0xFE.0251.0376":       {false, false},
		"169.254.43518":             {false, false},
		"169.254.169.254.":          {false, false},
		"metadata.google.internal":  {false, false},
		"Metadata.Google.Internal.": {false, false},
		"2130706433":                {true, false}, // 127.0.0.1
		"0x7f.1":                    {true, false},
		"0177.0.0.1":                {true, false},
		"127.1":                     {true, false},
		"0":                         {true, false},
		"localhost":                 {true, false},
		"LOCALHOST.":                {true, false},
		"a.localhost:80":            {true, false},
		"[::ffff:7f00:1]:80":        {true, false},
		"134744072":                 {true, true}, // 8.8.8.8
		"registry.example.com:5000": {true, true},
		"1.example.com":             {true, true},
		"256.0.0.1":                 {false, false},
		"1.2.3.4.5":                 {false, false},
		"4294967296":                {false, false},
		"0x":                        {false, false},
		"08.1":                      {false, false},
		"":                          {false, false},
		"a b":                       {false, false},
	} {
		check(t, host, dialguard.Operator, want.operator, dialguard.CheckHost(host, dialguard.Operator))
		check(t, host, dialguard.Stranger, want.stranger, dialguard.CheckHost(host, dialguard.Stranger))
	}
}

func check(t *testing.T, what string, who dialguard.Who, want bool, err error) {
	t.Helper()
	if (err == nil) != want || (err != nil && landwaiter.KindOf(err) != landwaiter.Denied) {
		t.Errorf("%s named by %d: %v, want allowed: %t", what, who, err, want)
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:5000": true, "127.0.0.1": true, "127.8.0.1:80": true, "[::1]:443": true, "::1": true,
		"[::ffff:127.0.0.1]:1": true, "0.0.0.0": true, "": false, "localhost.example.com": false, "10.0.0.1": false,
		"2130706433": false,
	} {
		if dialguard.IsLoopback(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}

// TestDial: the address that counts is the one that the name resolves to.
func TestDial(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	byOperator := dialguard.With(t.Context(), dialguard.Operator)
	for _, host := range []string{"localhost", "127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"} {
		address := net.JoinHostPort(host, port)
		conn, err := dialguard.Dial(byOperator, "tcp", address)
		if err != nil {
			t.Errorf("%s by the operator: %v", host, err)
			continue
		}
		conn.Close()
		if _, err := dialguard.Dial(t.Context(), "tcp", address); landwaiter.KindOf(err) != landwaiter.Denied {
			t.Errorf("%s by a stranger: %v", host, err)
		}
	}
	if _, err := dialguard.Dial(byOperator, "tcp", "169.254.169.254:80"); landwaiter.KindOf(err) != landwaiter.Denied {
		t.Errorf("metadata service: %v", err)
	}
}

// TestRedirects: from the host that the operator named, mirror.example.com, which is a server here, to anywhere.
func TestRedirects(t *testing.T) {
	for _, v := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(v, "")
	}
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "secret")
	}))
	defer secret.Close()
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	var to string
	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/end") {
			io.WriteString(w, "good")
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	plain, tls := httptest.NewServer(redirect), httptest.NewTLSServer(redirect)
	defer plain.Close()
	defer tls.Close()
	next := tls.Client().Transport.(*http.Transport)
	next.TLSClientConfig.InsecureSkipVerify = true
	next.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		switch address {
		case "mirror.example.com:80":
			return (&net.Dialer{}).DialContext(ctx, network, plain.Listener.Addr().String())
		case "mirror.example.com:443", "other.example.net:443":
			return (&net.Dialer{}).DialContext(ctx, network, tls.Listener.Addr().String())
		}
		return dialguard.Dial(ctx, network, address)
	}
	client := &http.Client{
		Transport:     &dialguard.Transport{Next: next},
		CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
	}
	for _, c := range []struct {
		from, to string
		want     landwaiter.ErrorKind
	}{
		{"http://mirror.example.com/", "http://mirror.example.com/end", ""},
		{"http://mirror.example.com/", "https://mirror.example.com/end", ""},
		{"https://mirror.example.com/", "https://other.example.net/end", ""},
		{"https://mirror.example.com/", "http://mirror.example.com/end", landwaiter.Denied},
		{"https://mirror.example.com/", "http://127.0.0.1:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://127.0.0.1:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://localhost:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://[::ffff:127.0.0.1]:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://0.0.0.0:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://0x7f000001:" + port, landwaiter.Denied},
		{"http://mirror.example.com/", "http://169.254.169.254/latest/meta-data", landwaiter.Denied},
		{"http://mirror.example.com/", "http://[64:ff9b::a9fe:a9fe]/", landwaiter.Denied},
		{"http://mirror.example.com/", "ftp://mirror.example.com/end", landwaiter.Denied},
		{"http://mirror.example.com/", "http://mirror.example.com/again", landwaiter.TooLarge},
		{secret.URL, "", ""}, // a mirror on this machine, chosen by the operator
		{plain.URL, secret.URL, ""},
		{plain.URL, "http://169.254.169.254/", landwaiter.Denied},
	} {
		to = c.to
		resp, err := client.Get(c.from)
		if err == nil {
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(body) == "secret" && !dialguard.IsLoopback(strings.TrimPrefix(c.from, "http://")) {
				t.Errorf("%s to %s: read what is on this machine", c.from, c.to)
			}
		}
		if landwaiter.KindOf(err) != c.want {
			t.Errorf("%s to %s: %v (%s), want %q", c.from, c.to, err, landwaiter.KindOf(err), c.want)
		}
	}
}

func FuzzCheckHost(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "[::1]:80", "0x7f.1", "2130706433", "a.b", "::ffff:1.2.3.4%x", "08.1",
		"1.2.3.4."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		operator, stranger := dialguard.CheckHost(host, dialguard.Operator), dialguard.CheckHost(host, dialguard.Stranger)
		if stranger == nil && operator != nil {
			t.Errorf("%q: a stranger may name what the operator may not", host)
		}
		// What a system's resolver takes for an address must be seen as one.
		if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() && stranger == nil {
			t.Errorf("%q: loopback allowed", host)
		}
	})
}
