package cloudapi

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReplay(t *testing.T) {
	const read, create = "DescribeAssetImageList", "CreateAssetImageScanTask"
	type step struct {
		after  time.Duration
		action string
		want   string
	}
	tests := map[string][]step{
		"a poll twice in a second":          {{0, read, ""}, {time.Second, read, ""}},
		"an old poll":                       {{0, read, ""}, {6 * time.Second, read, AuthSignatureFailure}},
		"a creation twice":                  {{0, create, ""}, {0, create, AuthSignatureFailure}},
		"an old creation":                   {{0, create, ""}, {4 * time.Minute, create, AuthSignatureFailure}},
		"a status and a stop of equal body": {{0, read, ""}, {0, create, ""}, {0, create, AuthSignatureFailure}},
		"another action, late":              {{0, read, ""}, {6 * time.Second, create, AuthSignatureFailure}},
		"repeats do not move the window": {{0, read, ""}, {4 * time.Second, read, ""},
			{4 * time.Second, read, AuthSignatureFailure}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, s := range steps {
				f.now = f.now.Add(s.after)
				must(t, f.send(t, tc3Request{action: s.action}.http()), s.want)
			}
		})
	}
}

func TestReplayV1(t *testing.T) {
	f := newFixture(t)
	params := map[string]string{"Action": "CreateAssetImageScanTask"}
	must(t, f.send(t, v1Request("POST", params)), "")
	must(t, f.send(t, v1Request("POST", params)), AuthSignatureFailure)
	params["Nonce"] = "2"
	must(t, f.send(t, v1Request("POST", params)), "")
}

// A replay must not use up the rate of the key, and a request that exceeds the
// rate does not count as a use of its signature.
func TestReplayAndRate(t *testing.T) {
	f := newFixture(t)
	stolen := tc3Request{}
	must(t, f.send(t, stolen.http()), "")
	f.now = f.now.Add(time.Minute)
	for range 50 {
		must(t, f.send(t, stolen.http()), AuthSignatureFailure)
	}
	for i := range DefaultRate {
		must(t, f.send(t, tc3Request{action: "CreateAssetImageScanTask", body: fmt.Sprintf(`{"Delta":%d}`, i)}.http()),
			"")
	}
	late := tc3Request{action: "CreateAssetImageScanTask", body: `{"Delta":-1}`}
	must(t, f.send(t, late.http()), RequestLimitExceeded)
	f.now = f.now.Add(time.Second)
	must(t, f.send(t, late.http()), "")
}

func TestReplayMemoryIsBounded(t *testing.T) {
	var r replays
	now := testTime
	r.admit([]byte("first"), "Create", false, now)
	for i := len(r.young); i < maxRemembered; i++ {
		r.young[use{byte(i), byte(i >> 8), byte(i >> 16), 1}] = now
	}
	if err := r.admit([]byte("read"), "Describe", true, now); err != nil {
		t.Errorf("a read is refused: %v", err)
	}
	if err := r.admit([]byte("write"), "Create", false, now); err == nil {
		t.Error("a change was admitted although it cannot be remembered")
	}
	if len(r.young) > maxRemembered {
		t.Errorf("%d uses remembered", len(r.young))
	}
	now = now.Add(signatureLife)
	if err := r.admit([]byte("write"), "Create", false, now); err != nil {
		t.Errorf("refused in the next generation: %v", err)
	}
	if err := r.admit([]byte("first"), "Create", false, now); err == nil {
		t.Error("a use of the last generation is forgotten")
	}
}

// Whatever the order and times of requests, no signature runs a change twice
// while it is valid.
func TestReplayProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r replays
		ran := map[string]time.Time{}
		now := testTime
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "seconds")) * time.Second)
			signature := []byte{byte(rapid.IntRange(0, 3).Draw(t, "signature"))}
			action := rapid.SampledFrom([]string{"CreateA", "CreateB", "DescribeC"}).Draw(t, "action")
			readOnly := action == "DescribeC"
			if r.stale(signature, now) || r.admit(signature, action, readOnly, now) != nil {
				continue
			}
			id := string(signature) + action
			if last, ok := ran[id]; ok && !readOnly && now.Sub(last) < signatureLife {
				t.Fatalf("%s ran twice within %v", action, now.Sub(last))
			}
			ran[id] = now
		}
	})
}
