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
	Create taskCreateCmd `cmd:"" help:"Start a scan task."`
	List   taskListCmd   `cmd:"" help:"List the newest tasks."`
	Show   taskShowCmd   `cmd:"" help:"Show the progress of a task."`
	Stop   taskStopCmd   `cmd:"" help:"Stop a task; what it has finished stays."`
}

// serverFlags say which server to call, and as whom.
type serverFlags struct {
	Server    string `default:"http://127.0.0.1:8320" env:"LANDWAITER_SERVER" placeholder:"URL" help:"The server (default: ${default})."`
	SecretID  string `name:"secret-id" env:"LANDWAITER_SECRET_ID,TENCENTCLOUD_SECRET_ID" help:"SecretId of the key (environment: LANDWAITER_SECRET_ID)."`
	SecretKey string `name:"secret-key" env:"LANDWAITER_SECRET_KEY,TENCENTCLOUD_SECRET_KEY" hidden:""`
	CAFile    string `name:"ca-file" type:"existingfile" placeholder:"FILE" help:"Certificate to trust, for a server with --tls-self-signed."`
}

func (f serverFlags) client() (*cloudapi.Client, error) {
	if f.SecretID == "" || f.SecretKey == "" {
		return nil, landwaiter.Errorf(landwaiter.Invalid,
			"no key: set LANDWAITER_SECRET_ID and LANDWAITER_SECRET_KEY; 'landwaiter key create' makes one")
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
	All         bool          `help:"All authorized images."`
	Image       []string      `placeholder:"ID" help:"These images, by image ID."`
	Name        []string      `placeholder:"TEXT" help:"Images whose name contains TEXT."`
	Exclude     []string      `placeholder:"ID" help:"But not these."`
	Running     bool          `help:"Only images with a running container."`
	Cluster     []string      `placeholder:"ID" help:"Only images of containers in these clusters."`
	Recommended bool          `help:"Only images worth a scan now: running, new, or scanned before the newest advisories."`
	DryRun      bool          `help:"Say what it would cost, and scan nothing."`
	Kinds       []string      `name:"scan" default:"vul,virus,risk" enum:"vul,virus,risk" help:"What to look for: vul, virus, risk."`
	Timeout     time.Duration `default:"1h" help:"When to give up, e.g. 30m."`
	OneClick    bool          `help:"Mark it as the one-click task of the account."`
	Wait        bool          `help:"Show the progress until it has ended."`
	serverFlags
	factsFlag
}

// Help shows examples.
func (taskCreateCmd) Help() string {
	return `Examples:
  landwaiter task create --all --wait
  landwaiter task create --name shop/ --scan vul --timeout 20m
  landwaiter task create --all --recommended --dry-run`
}

// Run creates a task through the API.
func (c *taskCreateCmd) Run(e *environ) error {
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
		return wait(e, client, resp.TaskID, c.factsFlag)
	}
	return c.print(e.stdout, resp, func(w io.Writer) {
		fmt.Fprintf(w, "%s\nFollow it with 'landwaiter task show %s'.\n", resp.TaskID, resp.TaskID)
	})
}

func (c *taskCreateCmd) request() (*tcss.CreateAssetImageScanTaskRequest, error) {
	req := &tcss.CreateAssetImageScanTaskRequest{
		Images: c.Image, ExcludeImageIds: c.Exclude, ContainerRunning: c.Running, ClusterIDs: c.Cluster, Timeout: uint64(c.Timeout / time.Second), IsOneClickScanningTask: c.OneClick,
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
		return nil, landwaiter.Errorf(landwaiter.Invalid, "choose images by one of --all, --image and --name")
	}
	if len(req.Images) > 0 || len(req.Filters) > 0 {
		req.ScanScope = 1
	}
	if c.Recommended {
		req.ScanScope = 2
	}
	return req, nil
}

// taskFact is a task as printed.
type taskFact struct {
	TaskID  string                `json:"taskID"`
	Status  landwaiter.TaskStatus `json:"status"`
	Result  landwaiter.TaskResult `json:"result"`
	Total   int                   `json:"total"`
	Done    int                   `json:"done"`
	Safe    int                   `json:"safe"`
	Risky   int                   `json:"risky"`
	Percent int                   `json:"percent"`
	Left    int                   `json:"leftSeconds"`
	Created *time.Time            `json:"created,omitempty"`
}

func status(ctx context.Context, client *cloudapi.Client, taskID string) (taskFact, error) {
	var s tcss.DescribeAssetImageScanStatusResponse
	if err := client.Call(ctx, "DescribeAssetImageScanStatus", tcss.DescribeAssetImageScanStatusRequest{TaskID: taskID}, &s); err != nil {
		return taskFact{}, err
	}
	t := taskFact{
		TaskID: taskID, Status: landwaiter.TaskStatus(s.Status), Total: int(s.ImageTotal), Done: int(s.ImageScanCnt),
		Safe: int(s.SuccessCount), Risky: int(s.RiskCount), Percent: int(s.Schedule), Left: int(s.LeftSeconds),
	}
	if t.Status != landwaiter.TaskEnd {
		return t, nil
	}
	// How it ended is told by another action, and of the newest task only.
	if last, err := newest(ctx, client); err == nil && last.TaskID == taskID {
		t.Result = landwaiter.TaskResult(last.SubStatus)
	}
	return t, nil
}

func (t taskFact) print(w io.Writer) {
	state := string(t.Status)
	if t.Result != "" {
		state += " " + string(t.Result)
	}
	fmt.Fprintf(
		w,
		"%s  %s  %d%%  %d of %d images, %d safe, %d at risk\n",
		t.TaskID,
		state,
		t.Percent,
		t.Done,
		t.Total,
		t.Safe,
		t.Risky,
	)
	if failed := t.Done - t.Safe - t.Risky; t.Status == landwaiter.TaskEnd && failed > 0 {
		fmt.Fprintf(w, "%d not scanned; 'landwaiter image list' shows which, with --output json also why\n", failed)
	}
}

// pollEvery is well below what the server allows a key.
const pollEvery = 500 * time.Millisecond

// wait shows a task's progress until it has ended.
func wait(e *environ, client *cloudapi.Client, taskID string, out factsFlag) error {
	bar := newProgress(e.stderr, "Scanning")
	defer bar.clear()
	for {
		t, err := status(e.ctx, client, taskID)
		if err != nil {
			return err
		}
		bar.set(
			int64(t.Done),
			int64(max(t.Total, 1)),
			fmt.Sprintf("%d of %d images, about %s left", t.Done, t.Total, time.Duration(t.Left)*time.Second),
		)
		if t.Status == landwaiter.TaskEnd {
			bar.clear()
			return out.print(e.stdout, t, t.print)
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

type taskShowCmd struct {
	ID   string `arg:"" name:"task-id" optional:"" help:"The task; by default the newest one-click task, or the newest."`
	Wait bool   `help:"Show the progress until it has ended."`
	serverFlags
	factsFlag
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
		return wait(e, client, c.ID, c.factsFlag)
	}
	t, err := status(e.ctx, client, c.ID)
	if err != nil {
		return err
	}
	return c.print(e.stdout, t, t.print)
}

// newest asks for the ID of the newest one-click task, or task.
func newest(ctx context.Context, client *cloudapi.Client) (tcss.DescribeAssetImageScanTaskResponse, error) {
	var resp tcss.DescribeAssetImageScanTaskResponse
	err := client.Call(ctx, "DescribeAssetImageScanTask", tcss.DescribeAssetImageScanTaskRequest{}, &resp)
	return resp, err
}

type taskStopCmd struct {
	ID string `arg:"" name:"task-id" help:"The task."`
	serverFlags
}

// Run stops a task through the API.
func (c *taskStopCmd) Run(e *environ) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if err := client.Call(e.ctx, "ModifyAssetImageScanStop", tcss.ModifyAssetImageScanStopRequest{TaskID: c.ID}, nil); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Task %s stops.\n", landwaiter.Printable(c.ID))
	return nil
}

type taskListCmd struct {
	Limit uint64 `default:"20" help:"How many to list at most, up to 100."`
	serverFlags
	factsFlag
}

// Run lists tasks through an action of our own: TCSS has none for it.
func (c *taskListCmd) Run(e *environ) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	var resp tcss.DescribeLandwaiterTaskListResponse
	if err := client.Call(e.ctx, "DescribeLandwaiterTaskList", tcss.DescribeLandwaiterTaskListRequest{Limit: &c.Limit}, &resp); err != nil {
		return err
	}
	facts := make([]taskFact, len(resp.List))
	rows := make([][]string, len(resp.List))
	for i, t := range resp.List {
		created, err := time.Parse(time.RFC3339, t.CreateTime)
		if err != nil {
			return err
		}
		facts[i] = taskFact{
			TaskID: t.TaskID, Status: landwaiter.TaskStatus(t.Status), Result: landwaiter.TaskResult(t.SubStatus), Total: int(t.ImageTotal),
			Done: int(
				t.ImageScanCnt,
			), Safe: int(t.SuccessCount), Risky: int(t.RiskCount), Left: int(t.LeftSeconds), Created: &created,
		}
		if t.ImageTotal > 0 {
			facts[i].Percent = int(t.ImageScanCnt * 100 / t.ImageTotal)
		}
		rows[i] = []string{
			t.TaskID,
			t.Status,
			t.SubStatus,
			fmt.Sprintf("%d/%d", t.ImageScanCnt, t.ImageTotal),
			strconv.FormatUint(t.RiskCount, 10),
			when(created),
		}
	}
	return c.print(e.stdout, facts, func(w io.Writer) {
		columns(w, []string{"TASK", "STATUS", "RESULT", "IMAGES", "AT RISK", "CREATED"}, rows)
	})
}
