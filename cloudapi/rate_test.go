package cloudapi

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRate(t *testing.T) {
	f := newFixture(t)
	request := tc3Request{}
	for range DefaultRate {
		must(t, f.send(t, request.http()), "")
	}
	must(t, f.send(t, request.http()), RequestLimitExceeded)
	must(t, f.send(t, tc3Request{action: "DescribeAssetImageScanTask"}.http()), "")
	must(t, f.send(t, tc3Request{secret: "wrong"}.http()), AuthSignatureFailure)
	f.now = f.now.Add(time.Second)
	must(t, f.send(t, request.http()), "")
}

func TestRateIsConfigurable(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Rate = 2 })
	for _, want := range []string{"", "", RequestLimitExceeded} {
		must(t, f.send(t, tc3Request{}.http()), want)
	}
}

// No period of one second has more requests than the rate, and a request is
// refused only if it would exceed the rate.
func TestRateProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 5).Draw(t, "rate")
		l := newLimiter(rate)
		var admitted []time.Time
		now := testTime
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "ms")) * time.Millisecond)
			recent := 0
			for _, a := range admitted {
				if now.Sub(a) < time.Second {
					recent++
				}
			}
			if got := l.allow(pair{"k", "a"}, now); got != (recent < rate) {
				t.Fatalf("allowed %v with %d in the last second at rate %d", got, recent, rate)
			} else if got {
				admitted = append(admitted, now)
			}
		}
	})
}

func TestRateMemoryIsBounded(t *testing.T) {
	l := newLimiter(20)
	now := testTime
	for i := range 10 * minSweep {
		now = now.Add(10 * time.Millisecond)
		l.allow(pair{"key" + strconv.Itoa(i), "action"}, now)
	}
	if len(l.pairs) > minSweep {
		t.Errorf("%d pairs remembered", len(l.pairs))
	}
	for i := range 100 {
		if !l.allow(pair{fmt.Sprint("busy", i%5), "action"}, now) {
			t.Fatal("refused below the rate")
		}
	}
}
