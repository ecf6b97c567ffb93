package tcss

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

const (
	errRuleNotFound  = "FailedOperation.RuleNotFind"
	errInvalidFormat = "InvalidParameter.InvalidFormat"
)

// autoRuleID is the RuleId of the one rule; 0 on the wire means none.
const autoRuleID = 1

// Limits on how a rule names its hosts. The SQL of each decision contains them
// twice: 100,000 bytes have room for 2,000 IDs of 36 bytes, and take, escaped and
// twice, less than half of the megabyte of SQL that SQLite accepts. Each value of
// a filter nests the condition one level deeper, and SQLite accepts a thousand.
const (
	maxRuleHosts  = 2000
	maxRuleValues = 100
	maxRuleBytes  = 100_000
)

// editAutoRule adds the rule, or replaces it. The API has rule IDs,
// but DescribeImageAutoAuthorizedRule returns a single rule, so the store has one.
func (s *Service) editAutoRule(
	ctx context.Context, req *AddEditImageAutoAuthorizedRuleRequest,
) (*AddEditImageAutoAuthorizedRuleResponse, error) {
	rule, err := autoRule(req)
	if err != nil {
		return nil, err
	}
	switch req.RuleId {
	case 0:
		err = s.Store.Authorizations().AddRule(ctx, rule)
	case autoRuleID:
		err = ruleError(s.Store.Authorizations().ChangeRule(ctx, func(old *store.AutoRule) { *old = rule }))
	default:
		err = errNoRule(req.RuleId)
	}
	if err != nil {
		return nil, err
	}
	return &AddEditImageAutoAuthorizedRuleResponse{}, nil
}

func errNoRule(id int64) error {
	return cloudapi.Errorf(errRuleNotFound, "there is no rule %d; DescribeImageAutoAuthorizedRule returns the ID", id)
}

// ruleError gives a missing rule the code that the actions document for it.
func ruleError(err error) error {
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return errNoRule(autoRuleID)
	}
	return err
}

// autoRule reads a rule from a request.
func autoRule(req *AddEditImageAutoAuthorizedRuleRequest) (store.AutoRule, error) {
	rule := store.AutoRule{MaxDaily: int(req.MaxDailyCount)}
	if req.MaxDailyCount < 0 || req.MaxDailyCount > math.MaxInt32 {
		return rule, landwaiter.Errorf(landwaiter.Invalid, "MaxDailyCount is %d; want 0 (no limit) to %d", req.MaxDailyCount,
			math.MaxInt32)
	}
	var err error
	if rule.Enabled, err = onOff("IsEnabled", req.IsEnabled); err != nil {
		return rule, err
	}
	if rule.AutoScan, err = onOff("AutoScanEnabled", req.AutoScanEnabled); err != nil {
		return rule, err
	}
	for _, w := range req.ScanType {
		switch w {
		case "CVE", "VIRUS", "RISK", "ALL":
		default:
			return rule, landwaiter.Errorf(landwaiter.Invalid, "ScanType %.16q is none of CVE, VIRUS, RISK and ALL", w)
		}
	}
	rule.Kinds = scanTypes(req.ScanType)
	return rule, ruleHosts(&rule, req)
}

func ruleHosts(rule *store.AutoRule, req *AddEditImageAutoAuthorizedRuleRequest) error {
	switch req.RangeType {
	case "ALL":
		rule.All = true
		return nil
	case "MANUAL":
	default:
		return landwaiter.Errorf(landwaiter.Invalid, "RangeType is %.16q; want ALL or MANUAL", req.RangeType)
	}
	rule.Hosts, rule.Exclude = req.HostIdSet, req.ExcludeHostIdSet
	if len(rule.Hosts) == 0 && len(req.HostIdFilters) == 0 {
		return landwaiter.Errorf(landwaiter.Invalid, "RangeType MANUAL needs hosts: send HostIdSet or HostIdFilters")
	}
	var values []string
	for _, f := range req.HostIdFilters {
		values = append(append(values, f.Name), f.Values...)
	}
	size := len(strings.Join(values, "")) + len(strings.Join(rule.Hosts, "")) + len(strings.Join(rule.Exclude, ""))
	if len(rule.Hosts) > maxRuleHosts || len(rule.Exclude) > maxRuleHosts || len(values) > maxRuleValues ||
		size > maxRuleBytes {
		return landwaiter.Errorf(landwaiter.Invalid,
			"a rule takes at most %d hosts and %d values of filters, %d bytes in all; "+
				"choose them by fewer HostIdFilters, or by RangeType ALL",
			maxRuleHosts, maxRuleValues, maxRuleBytes)
	}
	if len(rule.Hosts) > 0 { // which outrank the filters
		return nil
	}
	var err error
	rule.Filters, err = hostWords.translate(req.HostIdFilters)
	return err
}

// onOff reads a switch that is a number on the wire.
func onOff(name string, v int64) (bool, error) {
	if v != 0 && v != 1 {
		return false, landwaiter.Errorf(landwaiter.Invalid, "%s is %d; want 1 (on) or 0 (off)", name, v)
	}
	return v == 1, nil
}

func (s *Service) switchAutoRule(
	ctx context.Context, req *SwitchImageAutoAuthorizedRuleRequest,
) (*SwitchImageAutoAuthorizedRuleResponse, error) {
	on, err := onOff("IsEnabled", req.IsEnabled)
	if err != nil {
		return nil, err
	}
	if req.RuleId != autoRuleID {
		return nil, errNoRule(req.RuleId)
	}
	if err := s.Store.Authorizations().ChangeRule(ctx, func(rule *store.AutoRule) { rule.Enabled = on }); err != nil {
		return nil, ruleError(err)
	}
	return &SwitchImageAutoAuthorizedRuleResponse{}, nil
}

// describeAutoRule returns the rule. Without one it returns RuleId 0, which the API
// documents for "none", and no error: consoles call it to fill their form.
func (s *Service) describeAutoRule(
	ctx context.Context, _ *DescribeImageAutoAuthorizedRuleRequest,
) (*DescribeImageAutoAuthorizedRuleResponse, error) {
	rule, err := s.Store.Authorizations().Rule(ctx)
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return &DescribeImageAutoAuthorizedRuleResponse{RangeType: "ALL"}, nil
	}
	if err != nil {
		return nil, err
	}
	hosts, err := s.Store.Authorizations().RuleHosts(ctx, rule)
	if err != nil {
		return nil, err
	}
	resp := &DescribeImageAutoAuthorizedRuleResponse{
		IsEnabled: int64(flag(rule.Enabled)), RangeType: "MANUAL", HostCount: int64(hosts),
		MaxDailyCount: int64(rule.MaxDaily), RuleId: autoRuleID, AutoScanEnabled: int64(flag(rule.AutoScan)),
		ScanType: scanTypeWords(rule.Kinds),
	}
	if rule.All {
		resp.RangeType = "ALL"
	}
	return resp, nil
}

func (s *Service) describeAutoTasks(
	ctx context.Context, req *DescribeImageAutoAuthorizedTaskListRequest,
) (*DescribeImageAutoAuthorizedTaskListResponse, error) {
	from, to, err := dates(req.StartTime, req.EndTime)
	if err != nil {
		return nil, err
	}
	fetch := func(ctx context.Context, p store.Page) ([]store.AuthorizeTask, int, error) {
		return s.Store.Authorizations().Tasks(ctx, from, to, p)
	}
	q := query{limit: req.Limit, offset: req.Offset, filters: req.Filters}
	list, total, err := rows(ctx, authorizeTaskWords, q, fetch, authorizeTask)
	return &DescribeImageAutoAuthorizedTaskListResponse{List: list, TotalCount: total}, err
}

func authorizeTask(t store.AuthorizeTask) ImageAutoAuthorizedTask {
	row := ImageAutoAuthorizedTask{
		TaskId: t.Number, Type: "AUTO", AuthorizedDate: clock(t.Day, time.DateOnly), Source: "LOCAL",
		LastAuthorizedTime: clock(t.Last, shapeDetail), SuccessCount: int64(t.Succeeded), FailCount: int64(t.Refused),
	}
	if t.Manual {
		row.Type = "MANUAL"
	}
	if t.Refused > 0 {
		row.LatestFailCode = refusedStatus
	}
	return row
}

func (s *Service) describeAutoLog(
	ctx context.Context, req *DescribeImageAutoAuthorizedLogListRequest,
) (*DescribeImageAutoAuthorizedLogListResponse, error) {
	fetch := func(ctx context.Context, p store.Page) ([]store.Authorization, int, error) {
		return s.Store.Authorizations().Log(ctx, req.TaskId, p)
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, authorizationWords, q, fetch, authorizedImage)
	return &DescribeImageAutoAuthorizedLogListResponse{List: list, TotalCount: total}, err
}

// The values of Status of an authorization, and of LatestFailCode.
const (
	authorizedStatus = "SUCCESS"
	refusedStatus    = "REACH_LIMIT"
)

func authorizedImage(a store.Authorization) AutoAuthorizedImageInfo {
	info := AutoAuthorizedImageInfo{
		ImageId: a.ImageID, ImageName: a.Name, AuthorizedTime: clock(a.At, shapeDetail), Status: authorizedStatus,
		IsAuthorized: flag(a.Authorized),
	}
	if a.Refused {
		info.Status = refusedStatus
	}
	return info
}
