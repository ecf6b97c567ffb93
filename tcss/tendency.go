package tcss

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
)

const errDataRange = "InvalidParameterValue.DataRange"

// maxTendencyDays is how many days of samples can be asked for at once: a leap
// year.
const maxTendencyDays = 366

// riskTypes are the series of the tendency.
var riskTypes = []struct {
	kind landwaiter.ScanKind
	name string
}{
	{landwaiter.ScanVul, "IRT_VULNERABILITY"}, {landwaiter.ScanVirus, "IRT_MALWARE_VIRUS"},
	{landwaiter.ScanRisk, "IRT_RISK"},
}

// describeTendency counts new risks by image: an image counts once on the day of
// its first vulnerability, however many it has.
func (s *Service) describeTendency(
	ctx context.Context, req *DescribeImageRiskTendencyRequest,
) (*DescribeImageRiskTendencyResponse, error) {
	from, to, err := dates(req.StartTime, req.EndTime)
	if err != nil {
		return nil, err
	}
	if days := to.Sub(from).Hours()/24 + 1; days > maxTendencyDays {
		return nil, cloudapi.Errorf(errDataRange, "%.0f days are asked for; %d is the most", days, maxTendencyDays)
	}
	counts, err := s.Store.Findings().NewRisks(ctx, from, to)
	if err != nil {
		return nil, err
	}
	resp := &DescribeImageRiskTendencyResponse{}
	for _, t := range riskTypes {
		series := ImageRiskTendencyInfo{ImageRiskType: t.name}
		for day, n := range counts[t.kind] {
			series.ImageRiskSet = append(series.ImageRiskSet, RunTimeTendencyInfo{
				CurTime: clock(from.AddDate(0, 0, day), time.DateOnly), Cnt: uint64(n),
			})
		}
		resp.ImageRiskTendencySet = append(resp.ImageRiskTendencySet, series)
	}
	return resp, nil
}

// dates reads a range of days, both included.
func dates(start, end string) (from, to time.Time, err error) {
	if from, err = date("StartTime", start); err != nil {
		return from, to, err
	}
	if to, err = date("EndTime", end); err != nil {
		return from, to, err
	}
	if to.Before(from) {
		return from, to, landwaiter.Errorf(landwaiter.Invalid, "EndTime %s is before StartTime %s", end, start)
	}
	return from, to, nil
}

// date reads a day, which may be followed by a time of day in any of the
// shapes that clients send. What has no zone is in UTC.
func date(name, v string) (time.Time, error) {
	for _, shape := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
		t, err := time.Parse(shape, v)
		if err == nil && t.UTC().Year() >= 1970 {
			y, m, d := t.UTC().Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), nil
		}
	}
	return time.Time{}, cloudapi.Errorf(errInvalidFormat, "%s is %.40q; want a day like 2026-01-31", name, v)
}
