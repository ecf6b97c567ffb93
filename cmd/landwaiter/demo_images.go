package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
)

// demoImages are four small images: a base, two that are built on it and have
// findings of each kind, and a clean one.
func demoImages() []imagetest.Image {
	base := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Demo GNU/Linux 12\"\n"),
		imagetest.Text("var/lib/dpkg/status",
			dpkgEntry("libdemotls3", "3.0.1-1", "demotls")+dpkgEntry("demoshell", "5.2-1", "demoshell")),
		imagetest.File{Path: "usr/bin/demosu", Content: []byte("#!/bin/sh\n"), Mode: 0o4755},
	)
	base.CreatedBy = "/bin/sh -c #(nop) ADD file:demo in /"
	web := imagetest.NewLayer(
		imagetest.Text("app/node_modules/demo-template/package.json", `{"name":"demo-template","version":"1.2.0"}`),
		imagetest.Text("app/node_modules/demo-stealer/package.json", `{"name":"demo-stealer","version":"0.0.1"}`),
		imagetest.Text("app/tls/server.key", demoPrivateKey()),
	)
	web.CreatedBy = "COPY . /app"
	worker := imagetest.NewLayer(
		imagetest.Text("usr/lib/python3/dist-packages/demo_http-2.0.dist-info/METADATA",
			"Metadata-Version: 2.1\nName: demo-http\nVersion: 2.0\n"),
		imagetest.Text("srv/upload/sample.com", demoEICAR()),
	)
	worker.CreatedBy = "COPY upload /srv/upload"
	cleanup := imagetest.NewLayer(imagetest.Whiteout("srv/upload/sample.com"))
	cleanup.CreatedBy = "RUN rm /srv/upload/sample.com"
	clean := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME=\"Demo Linux v3.99\"\n"),
		imagetest.Text("lib/apk/db/installed", "P:demo-libc\nV:1.3-r0\nA:x86_64\no:demo-libc\n\n"),
	)
	clean.CreatedBy = "/bin/sh -c #(nop) ADD file:demo in /"

	at := func(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
	return []imagetest.Image{
		{Names: []string{"demo/base:12"}, Created: at(1), Layers: []imagetest.Layer{base}},
		{Names: []string{"demo/web:1.4"}, Created: at(2), Layers: []imagetest.Layer{base, web},
			Config: landwaiter.ImageConfig{Env: []string{"PATH=/usr/bin", "DB_PASSWORD=correct-horse-battery"}}},
		{Names: []string{"demo/worker:2.0"}, Created: at(3), Layers: []imagetest.Layer{base, worker, cleanup},
			Config: landwaiter.ImageConfig{User: "worker"}},
		{Names: []string{"demo/clean:1.0"}, Created: at(4), Layers: []imagetest.Layer{clean},
			Config: landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "/healthy"}}},
	}
}

func dpkgEntry(name, version, source string) string {
	return fmt.Sprintf("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s\nVersion: %s\n\n", name,
		source, version)
}

// demoEICAR is the harmless test file of the antivirus industry. It is split, so
// that no scanner reports this program.
func demoEICAR() string {
	return `X5O!P%@AP[4\PZX54(P^)` + `7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS` + `-TEST-FILE!$H+H*`
}

// demoPrivateKey generates a key that nobody uses.
func demoPrivateKey() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand never fails on a supported system
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // a key just made always encodes
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeDemoAdvisories writes OSV records about the made-up packages, laid out
// like a dump of the public database.
func writeDemoAdvisories(dir string) error {
	type m = map[string]any
	record := func(id, ecosystem, name, fixed, cvss, summary string, aliases ...string) m {
		events := []m{{"introduced": "0"}}
		if fixed != "" {
			events = append(events, m{"fixed": fixed})
		}
		r := m{
			"id": id, "modified": "2026-11-20T00:00:00Z", "published": "2026-11-01T00:00:00Z",
			"summary": summary, "aliases": aliases,
			"details":    summary + " (made up for the demo).",
			"references": []m{{"type": "ADVISORY", "url": "https://example.com/" + id}},
			"affected": []m{
				{"package": m{"ecosystem": ecosystem, "name": name}, "ranges": []m{{"type": "ECOSYSTEM", "events": events}}},
			},
		}
		if cvss != "" {
			r["severity"] = []m{{"type": "CVSS_V3", "score": cvss}}
		}
		return r
	}
	for _, r := range []struct {
		dir string
		rec m
	}{
		{"Debian", record("DEBIAN-CVE-2099-0001", "Debian:12", "demotls", "3.0.9-1",
			"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
			"Remote code execution in the handshake of demotls", "CVE-2099-0001")},
		{"Alpine", record("ALPINE-CVE-2099-0005", "Alpine:v3.99", "demo-other", "9.9-r0",
			"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N", "A flaw in a package that no image has", "CVE-2099-0005")},
		{"npm", record("GHSA-demo-demo-0002", "npm", "demo-template", "1.2.4",
			"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:L/A:N", "Template injection in demo-template", "CVE-2099-0002")},
		{"npm", record("MAL-2099-0003", "npm", "demo-stealer", "", "", "Malicious code in demo-stealer")},
		{"PyPI", record("PYSEC-2099-4", "PyPI", "demo-http", "2.1",
			"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N", "Header injection in demo-http", "CVE-2099-0004")},
	} {
		b, err := json.MarshalIndent(r.rec, "", "  ")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, r.dir), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, r.dir, r.rec["id"].(string)+".json"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// demoClients shows how to call the server of the demo.
const demoClients = `   curl (signature v1; needs openssl):
     Q="Action=DescribeAssetImageList&Limit=5&Nonce=$RANDOM&SecretId={{id}}"
     Q="$Q&SignatureMethod=HmacSHA256&Timestamp=$(date +%s)&Version=2020-11-01"
     S=$(printf 'GET{{host}}/?%s' "$Q" | openssl dgst -sha256 -hmac '{{key}}' -binary | base64)
     curl -G '{{url}}/' -d "$Q" --data-urlencode "Signature=$S"

   Node (npm install tencentcloud-sdk-nodejs):
     const { tcss } = require("tencentcloud-sdk-nodejs");
     const client = new tcss.v20201101.Client({
       credential: { secretId: "{{id}}", secretKey: "{{key}}" },
       profile: { httpProfile: { endpoint: "{{host}}", protocol: "http://" } },
     });
     client.DescribeAssetImageList({ Limit: 5 }).then(console.log);

   Go (go get github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common):
     p := profile.NewClientProfile()
     p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", "{{host}}"
     c := common.NewCommonClient(common.NewCredential("{{id}}", "{{key}}"), "", p)
     req := tchttp.NewCommonRequest("tcss", "2020-11-01", "DescribeAssetImageList")
     req.SetActionParameters(` + "`" + `{"Limit":5}` + "`" + `)
     resp := tchttp.NewCommonResponse()
     err := c.Send(req, resp)
     fmt.Println(string(resp.GetBody()), err)
`
