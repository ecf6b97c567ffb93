package tcss

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
)

// Service is what the actions act on.
type Service struct {
	Store *store.DB
	Tasks *task.Runner
}

// New returns the API with all actions declared; those that are built call
// the service, the others answer UnsupportedOperation.
func New(s *Service) *cloudapi.API {
	api := newAPI()
	handle(api, "CreateAssetImageScanTask", s.createScanTask)
	handle(api, "DescribeAssetImageScanTask", s.describeScanTask)
	handle(api, "DescribeAssetImageScanStatus", s.describeScanStatus)
	handle(api, "ModifyAssetImageScanStop", s.modifyScanStop)
	handle(api, "DescribeAssetImageList", s.describeImageList)
	handle(api, "DescribeAssetImageSimpleList", s.describeAssetSimpleList)
	handle(api, "DescribeImageSimpleList", s.describeSimpleList)
	handle(api, "DescribeAssetImageDetail", s.describeImageDetail)
	handle(api, "DescribeAssetImageVulList", s.describeVulList)
	handle(api, "DescribeAssetImageVirusList", s.describeVirusList)
	handle(api, "DescribeAssetImageRiskList", s.describeRiskList)
	handle(api, "DescribeImageComponentList", s.describeComponentList)
	handle(api, "ModifyImageAuthorized", s.modifyAuthorized)
	handle(api, "RenewImageAuthorizeState", s.renewAuthorized)
	handle(api, "DescribeImageAuthorizedInfo", s.describeAuthorizedInfo)
	handle(api, "DescribePurchaseStateInfo", s.describePurchaseState)
	handle(api, "DescribeAssetSummary", s.describeAssetSummary)
	handle(api, "DescribeImageRiskSummary", s.describeRiskSummary)
	handle(api, "DescribeAssetHostList", s.describeHostList)
	handle(api, "DescribeAssetContainerList", s.describeContainerList)
	handle(api, "DescribeAssetImageHostList", s.describeImageHostList)
	handle(api, "CreateAssetImageScanSetting", s.createScanSetting)
	handle(api, "DescribeAssetImageScanSetting", s.describeScanSetting)
	handle(api, "AddEditImageAutoAuthorizedRule", s.editAutoRule)
	handle(api, "SwitchImageAutoAuthorizedRule", s.switchAutoRule)
	handle(api, "DescribeImageAutoAuthorizedRule", s.describeAutoRule)
	handle(api, "DescribeImageAutoAuthorizedTaskList", s.describeAutoTasks)
	handle(api, "DescribeImageAutoAuthorizedLogList", s.describeAutoLog)
	handle(api, "DescribeImageRiskTendency", s.describeTendency)
	handle(api, "DescribeAssetClusterList", s.describeClusterList)
	handle(api, "DescribeAssetImageBindRuleInfo", s.describeBindRules)
	handle(api, "ModifyAsset", s.modifyAsset)
	handle(api, "DescribeAssetSyncLastTime", s.describeSyncLastTime)
	handle(api, "CreateRefreshTask", s.createRefreshTask)
	handle(api, "DescribeRefreshTask", s.describeRefreshTask)
	declareRegistries(api, s)
	declareExtensions(api, s)
	return api
}

// handle registers an action that is the same for every caller: cloudapi has
// checked the caller's role before.
func handle[Req, Resp any](api *cloudapi.API, name string, fn func(context.Context, *Req) (*Resp, error)) {
	cloudapi.Handle(api, name, func(ctx context.Context, _ cloudapi.Caller, req *Req) (*Resp, error) {
		return fn(ctx, req)
	})
}

// The three shapes in which the API shows times. Which field has which is upstream's
// choice, and SDKs parse them.
const (
	shapeList   = "2006-01-02T15:04:05.000Z"
	shapeDetail = "2006-01-02 15:04:05"
	shapeSubmit = time.RFC3339
)

// clock shows a time in UTC, and none as "".
func clock(t time.Time, shape string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(shape)
}

// wireLevel is a severity on the wire, which has no number for an unknown one: it
// counts as low, so that it is shown at all.
func wireLevel(s landwaiter.Severity) uint64 { return uint64(max(s, landwaiter.Low)) }

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
