package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/tcss"
)

type demoCmd struct {
	Once   bool   `help:"Exit when the task has ended."`
	Listen string `default:"127.0.0.1:0" placeholder:"ADDR" help:"Address of the demo's server (default: a free port of 127.0.0.1)."`
}

// Help shows examples.
func (demoCmd) Help() string {
	return `Builds images in a temporary directory, imports made-up advisories and starts a
server. It then calls the server like a client: it creates a task, follows it,
and lists the findings. All files are deleted at the end.

Examples:
  landwaiter demo
  landwaiter demo --once`
}

// Run is the demo.
func (c *demoCmd) Run(e *environ) error {
	dir, err := os.MkdirTemp("", "landwaiter-demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env := *e
	env.Data, env.Database, env.LogLevel = filepath.Join(dir, "data"), "", "warn"
	d := demo{env: &env, out: e.stdout, dir: dir}
	srv, err := newServer(&env, &serveCmd{Listen: c.Listen, Rate: cloudapi.DefaultRate})
	if err != nil {
		return err
	}
	defer srv.close()
	if err := d.prepare(srv); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.run(ctx) }()
	if err := d.journey(ctx, srv); err != nil {
		return err
	}
	if !c.Once {
		fmt.Fprintf(d.out, "\nThe server keeps running at %s until you press Ctrl-C.\n", srv.url())
		<-ctx.Done()
	}
	stop()
	return <-served
}

type demo struct {
	env    *environ
	out    io.Writer
	dir    string
	key    store.Key
	client *cloudapi.Client
}

func (d *demo) step(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if color(d.out) {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	fmt.Fprintf(d.out, "\n%s\n", text)
}

// prepare creates images, advisories and a key.
func (d *demo) prepare(srv *server) error {
	ctx := d.env.ctx
	images := filepath.Join(d.dir, "images")
	d.step("1. Building images in %s", images)
	names, err := writeDemoImages(images)
	if err != nil {
		return err
	}
	for _, n := range names {
		fmt.Fprintf(d.out, "   %s\n", n)
	}
	d.step("2. Importing advisories")
	if err := importDemoAdvisories(ctx, srv.store, filepath.Join(d.dir, "advisories")); err != nil {
		return err
	}
	parts, err := srv.store.Advisories().Parts(ctx)
	if err != nil {
		return err
	}
	for _, p := range parts {
		fmt.Fprintf(d.out, "   %-10s %s\n", p.Ecosystem, report.Count(p.Records, "record"))
	}
	if d.key, err = srv.store.Keys().Create(ctx, store.RoleAdmin); err != nil {
		return err
	}
	d.client = &cloudapi.Client{
		Endpoint:  srv.url(),
		Service:   "tcss",
		Version:   tcss.Version,
		SecretID:  d.key.ID,
		SecretKey: d.key.Secret,
	}
	config, err := json.Marshal(asset.ArchiveConfig{Path: images})
	if err != nil {
		return err
	}
	source := store.Source{Name: "demo", Type: asset.TypeArchive, Config: config}
	if err := srv.store.Sources().Add(ctx, source); err != nil {
		return err
	}
	_, err = srv.inventory.Sync(ctx, "demo", nil)
	return err
}

// journey calls the server like a client.
func (d *demo) journey(ctx context.Context, srv *server) error {
	d.step("3. One signed call to %s: CreateAssetImageScanTask", srv.url())
	var created tcss.CreateAssetImageScanTaskResponse
	err := d.client.Call(ctx, "CreateAssetImageScanTask", tcss.CreateAssetImageScanTaskRequest{
		All: true, ScanVul: true, ScanVirus: true, ScanRisk: true, IsOneClickScanningTask: true,
	}, &created)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "   TaskID %s\n", created.TaskID)
	d.step("4. Progress: DescribeAssetImageScanStatus")
	if err := d.follow(ctx, created.TaskID); err != nil {
		return err
	}
	d.step("5. Findings")
	if err := d.findings(ctx); err != nil {
		return err
	}
	d.step("6. To do the same with your own client")
	fmt.Fprint(d.out, d.clients(srv.url()))
	return nil
}

func (d *demo) follow(ctx context.Context, taskID string) error {
	last := ""
	for {
		t, err := status(ctx, d.client, taskID)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("   %3d%%  %d of %d images, %d clean, %d at risk, %d incomplete", t.Percent, t.Done, t.Total,
			t.Safe, t.Risky, t.Incomplete)
		if line != last {
			fmt.Fprintln(d.out, line)
			last = line
		}
		if t.Status == landwaiter.TaskEnd {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *demo) findings(ctx context.Context) error {
	var list tcss.DescribeAssetImageListResponse
	if err := d.client.Call(ctx, "DescribeAssetImageList", tcss.DescribeAssetImageListRequest{}, &list); err != nil {
		return err
	}
	for _, img := range list.List {
		if err := d.image(ctx, img); err != nil {
			return err
		}
	}
	return nil
}

// image prints the findings of an image: there is one action for each kind.
func (d *demo) image(ctx context.Context, img tcss.ImagesInfo) error {
	fmt.Fprintf(d.out, "   %s (%s, %s)\n", landwaiter.Printable(img.ImageName), img.OsName,
		report.Count(img.ComponentCnt, "package"))
	var vulns tcss.DescribeAssetImageVulListResponse
	err := d.client.Call(ctx, "DescribeAssetImageVulList",
		tcss.DescribeAssetImageVulListRequest{ImageID: img.ImageID}, &vulns)
	if err != nil {
		return err
	}
	for _, v := range vulns.List {
		d.finding(landwaiter.Severity(v.Level),
			fmt.Sprintf("%s in %s %s, fixed in %s", v.CVEID, v.Component, v.Version, v.FixedVersions))
	}
	var viruses tcss.DescribeAssetImageVirusListResponse
	err = d.client.Call(ctx, "DescribeAssetImageVirusList",
		tcss.DescribeAssetImageVirusListRequest{ImageID: img.ImageID}, &viruses)
	if err != nil {
		return err
	}
	for _, m := range viruses.List {
		d.finding(landwaiter.Severity(m.RiskLevel), fmt.Sprintf("malware %s in %s", m.VirusName, m.Path))
	}
	var risks tcss.DescribeAssetImageRiskListResponse
	err = d.client.Call(ctx, "DescribeAssetImageRiskList",
		tcss.DescribeAssetImageRiskListRequest{ImageID: img.ImageID}, &risks)
	if err != nil {
		return err
	}
	for _, k := range risks.List {
		d.finding(landwaiter.Severity(k.Level), k.Desc)
	}
	return nil
}

func (d *demo) finding(s landwaiter.Severity, text string) {
	fmt.Fprintf(d.out, "      %-8s  %s\n", s, landwaiter.Printable(text))
}

// clients shows how to call the server with curl and two SDKs.
func (d *demo) clients(url string) string {
	host := url[strings.Index(url, "://")+3:]
	return strings.NewReplacer("{{url}}", url, "{{host}}", host, "{{id}}", d.key.ID, "{{key}}", d.key.Secret).
		Replace(demoClients)
}

// writeDemoImages builds the images and returns their names.
func writeDemoImages(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var names []string
	for _, img := range demoImages() {
		var b bytes.Buffer
		if err := imagetest.WriteDockerArchive(&b, img); err != nil {
			return nil, err
		}
		name := img.Names[0]
		file := strings.NewReplacer("/", "_", ":", "_").Replace(name) + ".tar"
		if err := os.WriteFile(filepath.Join(dir, file), b.Bytes(), 0o644); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
