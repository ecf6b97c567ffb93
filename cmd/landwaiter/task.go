package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/tcss"
)

type taskCmd struct {
	Create taskCreateCmd `cmd:"" help:"Create a scan task."`
	List   taskListCmd   `cmd:"" help:"List the newest tasks."`
	Show   taskShowCmd   `cmd:"" help:"Show the progress of a task."`
	Stop   taskStopCmd   `cmd:"" help:"Stop a task; the results of finished scans stay."`
}

// Help shows examples.
func (taskCmd) Help() string {
	return `These commands call a running server with the key in LANDWAITER_SECRET_ID and
LANDWAITER_SECRET_KEY.

Examples:
  landwaiter task create --all --wait
  landwaiter task list
  landwaiter task stop 8f0c1d2e`
}

// serverFlags are the address of the server and the key to sign with.
type serverFlags struct {
	Server    string `default:"http://127.0.0.1:8320" env:"LANDWAITER_SERVER" placeholder:"URL" help:"URL of the server (default: ${default})."`
	SecretID  string `name:"secret-id" env:"LANDWAITER_SECRET_ID,TENCENTCLOUD_SECRET_ID" help:"SecretId of the key (environment: LANDWAITER_SECRET_ID)."`
	SecretKey string `name:"secret-key" env:"LANDWAITER_SECRET_KEY,TENCENTCLOUD_SECRET_KEY" hidden:""`
	CAFile    string `name:"ca-file" type:"existingfile" placeholder:"FILE" help:"Certificate to trust, for a server with --tls-self-signed."`
}

func (f serverFlags) client() (*cloudapi.Client, error) {
	if f.SecretID == "" || f.SecretKey == "" {
		return nil, landwaiter.Errorf(landwaiter.Invalid,
			"no API key: set LANDWAITER_SECRET_ID and LANDWAITER_SECRET_KEY; create a key with 'landwaiter key create'")
	}
	transport, err := transportTrusting(f.CAFile)
	if err != nil {
		return nil, err
	}
	return &cloudapi.Client{
		Endpoint: f.Server, Service: "tcss", Version: tcss.Version, SecretID: f.SecretID, SecretKey: f.SecretKey,
		HTTP: &http.Client{Transport: transport, Timeout: time.Minute},
	}, nil
}

type taskCreateCmd struct {
	All         bool          `help:"Scan all authorized images."`
	Image       []string      `placeholder:"ID" help:"Scan these images, by image ID."`
	Name        []string      `placeholder:"TEXT" help:"Scan images whose name contains TEXT."`
	Exclude     []string      `placeholder:"ID" help:"Exclude these images, by image ID."`
	Running     bool          `help:"Only images with a running container."`
	Cluster     []string      `placeholder:"ID" help:"Only images of containers in these clusters."`
	Recommended bool          `help:"Only images that are running, new, or scanned before the newest advisories."`
	DryRun      bool          `help:"Print what the task would cost, without scanning."`
	Kinds       []string      `name:"scan" default:"vul,virus,risk" enum:"vul,virus,risk" help:"What to look for: vul, virus, risk."`
	Timeout     time.Duration `default:"1h" help:"Timeout of the task, e.g. 30m."`
	OneClick    bool          `help:"Mark the task as the one-click task of the account."`
	Wait        bool          `help:"Show the progress until it has ended."`
	gateFlags
	serverFlags
	outputFlag
}

// Help shows examples.
func (taskCreateCmd) Help() string {
	return `Examples:
  landwaiter task create --all --wait
  landwaiter task create --name shop/ --scan vul --timeout 20m
  landwaiter task create --all --wait --fail-on high
  landwaiter task create --all --recommended --dry-run

Exit codes: 0 done, 1 error, 2 wrong usage, 3 a finding at or above --fail-on, 4 (--fail-on only) incomplete.`
}

// Run creates a task through the API.
func (c *taskCreateCmd) Run(e *environ) error {
	if c.FailOn != "" && !c.Wait {
		return landwaiter.Errorf(landwaiter.Invalid, "--fail-on needs --wait: findings are known when the task has ended")
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	if c.DryRun {
		var plan tcss.DescribeLandwaiterScanPlanResponse
		if err := client.Call(e.ctx, "DescribeLandwaiterScanPlan", req, &plan); err != nil {
			return err
		}
		return c.print(e.stdout, plan, func(w io.Writer) { printPlan(w, plan) })
	}
	var resp tcss.CreateAssetImageScanTaskResponse
	if err := client.Call(e.ctx, "CreateAssetImageScanTask", req, &resp); err != nil {
		return err
	}
	if c.Wait {
		return wait(e, client, resp.TaskID, c.outputFlag, c.gateFlags)
	}
	return c.print(e.stdout, resp, func(w io.Writer) {
		fmt.Fprintf(w, "%s\nTo follow the task, run 'landwaiter task show %s --wait'.\n", resp.TaskID, resp.TaskID)
	})
}

func (c *taskCreateCmd) request() (*tcss.CreateAssetImageScanTaskRequest, error) {
	req := &tcss.CreateAssetImageScanTaskRequest{
		Images: c.Image, ExcludeImageIds: c.Exclude, ContainerRunning: c.Running, ClusterIDs: c.Cluster,
		Timeout: uint64(c.Timeout / time.Second), IsOneClickScanningTask: c.OneClick,
	}
	for _, k := range c.Kinds {
		req.ScanVul = req.ScanVul || k == "vul"
		req.ScanVirus = req.ScanVirus || k == "virus"
		req.ScanRisk = req.ScanRisk || k == "risk"
	}
	if len(c.Name) > 0 {
		req.Filters = []tcss.AssetFilters{{Name: "ImageName", Values: c.Name}}
	}
	chosen := 0
	for _, some := range []bool{c.All, len(c.Image) > 0, len(c.Name) > 0} {
		if some {
			chosen++
		}
	}
	if chosen != 1 {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "choose images by exactly one of --all, --image and --name")
	}
	if len(req.Images) > 0 || len(req.Filters) > 0 {
		req.ScanScope = 1
	}
	if c.Recommended {
		req.ScanScope = 2
	}
	return req, nil
}

// taskJSON is a task in JSON.
type taskJSON struct {
	TaskID string                `json:"taskID"`
	Status landwaiter.TaskStatus `json:"status"`
	Result landwaiter.TaskResult `json:"result"`
	Total  int                   `json:"total"`
	Done   int                   `json:"done"`
	Safe   int                   `json:"safe"`
	Risky  int                   `json:"risky"`
	// Incomplete counts images without findings that could not be looked at wholly.
	Incomplete int        `json:"incomplete"`
	Percent    int        `json:"percent"`
	Left       int        `json:"leftSeconds"`
	Created    *time.Time `json:"created,omitempty"`

	// Of one task only:
	Worst  string     `json:"worst,omitempty"`  // severity
	Unread []noteJSON `json:"unread,omitempty"` // up to 100 images that could not be looked at wholly
}

type noteJSON struct {
	ImageID string `json:"imageID"`
	Reason  string `json:"reason"`
}

// status asks an action that only Landwaiter has: TCSS has none that says how a
// task ended and what could not be looked at.
func status(ctx context.Context, client *cloudapi.Client, taskID string) (taskJSON, error) {
	var resp tcss.DescribeLandwaiterTaskListResponse
	req := tcss.DescribeLandwaiterTaskListRequest{TaskID: taskID}
	if err := client.Call(ctx, "DescribeLandwaiterTaskList", req, &resp); err != nil {
		return taskJSON{}, err
	}
	if len(resp.List) != 1 || resp.List[0].TaskID != taskID {
		return taskJSON{}, landwaiter.Errorf(landwaiter.Unsupported,
			"the server does not list single tasks: it is older than this command")
	}
	return taskJSONOf(resp.List[0])
}

// pollEvery stays well below the rate limit of a key.
const pollEvery = 500 * time.Millisecond

// wait shows a task's progress until it has ended.
func wait(e *environ, client *cloudapi.Client, taskID string, out outputFlag, gate gateFlags) error {
	bar := newProgress(e.stderr, "Scanning")
	defer bar.clear()
	for {
		t, err := status(e.ctx, client, taskID)
		if err != nil {
			return err
		}
		bar.set(int64(t.Done), int64(max(t.Total, 1)),
			fmt.Sprintf("%d of %d images, about %s left", t.Done, t.Total, time.Duration(t.Left)*time.Second))
		if t.Status == landwaiter.TaskEnd {
			bar.clear()
			if err := out.print(e.stdout, t, t.print); err != nil {
				return err
			}
			return gate.taskVerdict(e, t)
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

type taskShowCmd struct {
	ID   string `arg:"" name:"task-id" optional:"" help:"ID of the task (default: the newest one-click task, else the newest task)."`
	Wait bool   `help:"Show the progress until it has ended."`
	serverFlags
	outputFlag
}

// Help shows examples.
func (taskShowCmd) Help() string {
	return `Examples:
  landwaiter task show
  landwaiter task show 8f0c1d2e --wait
  landwaiter task show --output json`
}

// Run shows a task through the API.
func (c *taskShowCmd) Run(e *environ) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if c.ID == "" {
		last, err := newest(e.ctx, client)
		if err != nil {
			return err
		}
		c.ID = last.TaskID
	}
	if c.Wait {
		return wait(e, client, c.ID, c.outputFlag, gateFlags{})
	}
	t, err := status(e.ctx, client, c.ID)
	if err != nil {
		return err
	}
	return c.print(e.stdout, t, t.print)
}

// newest returns the newest one-click task, or else the newest task.
func newest(ctx context.Context, client *cloudapi.Client) (tcss.DescribeAssetImageScanTaskResponse, error) {
	var resp tcss.DescribeAssetImageScanTaskResponse
	err := client.Call(ctx, "DescribeAssetImageScanTask", tcss.DescribeAssetImageScanTaskRequest{}, &resp)
	return resp, err
}

type taskStopCmd struct {
	ID string `arg:"" name:"task-id" help:"ID of the task."`
	serverFlags
}

// Help shows examples.
func (taskStopCmd) Help() string {
	return `Examples:
  landwaiter task stop 8f0c1d2e`
}

// Run stops a task through the API.
func (c *taskStopCmd) Run(e *environ) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	req := tcss.ModifyAssetImageScanStopRequest{TaskID: c.ID}
	if err := client.Call(e.ctx, "ModifyAssetImageScanStop", req, nil); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Stopping task %s; running scans end within seconds.\n", landwaiter.Printable(c.ID))
	return nil
}

type taskListCmd struct {
	Limit uint64 `default:"20" help:"Number of tasks to list at most, up to 100."`
	serverFlags
	outputFlag
}

// Help shows examples.
func (taskListCmd) Help() string {
	return `Examples:
  landwaiter task list
  landwaiter task list --limit 100 --output json`
}

// Run lists tasks through an action that only Landwaiter has: TCSS has none.
func (c *taskListCmd) Run(e *environ) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	var resp tcss.DescribeLandwaiterTaskListResponse
	req := tcss.DescribeLandwaiterTaskListRequest{Limit: &c.Limit}
	if err := client.Call(e.ctx, "DescribeLandwaiterTaskList", req, &resp); err != nil {
		return err
	}
	out := make([]taskJSON, len(resp.List))
	rows := make([][]string, len(resp.List))
	for i, t := range resp.List {
		var err error
		if out[i], err = taskJSONOf(t); err != nil {
			return err
		}
		rows[i] = []string{
			t.TaskID,
			t.Status,
			t.SubStatus,
			fmt.Sprintf("%d/%d", t.ImageScanCnt, t.ImageTotal),
			strconv.FormatUint(t.RiskCount, 10),
			strconv.FormatUint(t.IncompleteCount, 10),
			when(*out[i].Created),
		}
	}
	return c.print(e.stdout, out, func(w io.Writer) {
		columns(w, []string{"TASK", "STATUS", "RESULT", "IMAGES", "AT RISK", "INCOMPLETE", "CREATED"}, rows)
	})
}
