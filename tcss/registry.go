package tcss

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// declareRegistries adds the actions on registries and their images.
func declareRegistries(api *cloudapi.API, s *Service) {
	handle(api, "AddAssetImageRegistryRegistryDetail", s.addRegistry)
	handle(api, "UpdateAssetImageRegistryRegistryDetail", s.updateRegistry)
	handle(api, "RemoveAssetImageRegistryRegistryDetail", s.removeRegistry)
	handle(api, "CheckRepeatAssetImageRegistry", s.checkRepeatRegistry)
	handle(api, "DescribeAssetImageRegistryRegistryList", s.describeRegistries)
	handle(api, "DescribeAssetImageRegistryRegistryDetail", s.describeRegistry)
	handle(api, "SyncAssetImageRegistryAsset", s.syncRegistries)
	handle(api, "DescribeAssetImageRegistryAssetStatus", s.describeRegistrySync)
	handle(api, "CreateAssetImageRegistryScanTask", s.createRegistryTask)
	handle(api, "CreateAssetImageRegistryScanTaskOneKey", s.createRegistryTaskOneKey)
	handle(api, "DescribeAssetImageRegistryScanStatusOneKey", s.describeRegistryScan)
	handle(api, "ModifyAssetImageRegistryScanStop", s.stopRegistryScan)
	handle(api, "ModifyAssetImageRegistryScanStopOneKey", s.stopRegistryScanOneKey)
	handle(api, "DescribeAssetImageRegistryList", s.describeRegistryImages)
	handle(api, "DescribeAssetImageRegistryDetail", s.describeRegistryImage)
	handle(api, "DescribeAssetImageRegistrySummary", s.describeRegistrySummary)
	handle(api, "DescribeAssetImageRegistryVulList", s.describeRegistryVulns)
	handle(api, "DescribeAssetImageRegistryVirusList", s.describeRegistryViruses)
	handle(api, "DescribeAssetImageRegistryRiskInfoList", s.describeRegistryRisks)
	handle(api, "DescribeImageRegistryNamespaceList", s.describeNamespaces)
	handle(api, "UpdateImageRegistryTimingScanTask", s.setRegistrySchedule)
	handle(api, "DescribeImageRegistryTimingScanTask", s.describeRegistrySchedule)
}

// registryTypes are the kinds of registry on the wire. All are spoken to
// alike, by the distribution API.
var registryTypes = []string{"harbor", "quay", "jfrog", "aws", "azure", "other-tcr", "tcr", "ccr"}

// registrySettings are what callers tell of a registry beside how to reach it.
// Those that mean nothing to us are kept and given back: the network type and
// region, the version, the speed limit (of unknown unit; the pace here is in
// requests, see registry.Config), the hosts that are to test the connection,
// the webhook and the instance.
type registrySettings struct {
	NetType      string             `json:"netType,omitempty"`
	Version      string             `json:"version,omitempty"`
	Region       string             `json:"region,omitempty"`
	SpeedLimit   int64              `json:"speedLimit,omitempty"`
	ConnDetect   []ConnDetectConfig `json:"connDetect,omitempty"`
	SyncMode     uint64             `json:"syncMode,omitempty"`
	NeedScan     bool               `json:"needScan,omitempty"`
	WebhookURL   string             `json:"webhookURL,omitempty"`
	WebhookToken string             `json:"webhookToken,omitempty"`
	InstanceID   string             `json:"instanceID,omitempty"`
}

// The values of SyncMode.
const (
	syncFull        = 0
	syncIncremental = 1
)

// registryOf reads what a stored registry holds.
func registryOf(r store.Registry) (cfg registry.Config, set registrySettings, err error) {
	if err = json.Unmarshal(r.Config, &cfg); err == nil && r.Settings != nil {
		err = json.Unmarshal(r.Settings, &set)
	}
	set.NetType, set.Region = cmp.Or(set.NetType, "public"), cmp.Or(set.Region, "default")
	return cfg, set, err
}

// fill puts configuration and settings into a registry, if they are good.
func fill(r *store.Registry, cfg registry.Config, set registrySettings, insecure uint64) error {
	switch {
	case r.Name == "":
		return landwaiter.Errorf(landwaiter.Invalid, "Name is empty")
	case !slices.Contains(registryTypes, r.Kind):
		return landwaiter.Errorf(landwaiter.Invalid, "RegistryType is %.32q; want one of %v", r.Kind, registryTypes)
	case insecure > 1:
		return landwaiter.Errorf(landwaiter.Invalid, "Insecure is %d; want 0 or 1", insecure)
	case set.SyncMode > syncIncremental:
		return landwaiter.Errorf(landwaiter.Invalid, "SyncMode is %d; want 0 (full) or 1 (incremental)", set.SyncMode)
	case set.SpeedLimit < 0:
		return landwaiter.Errorf(landwaiter.Invalid, "SpeedLimit is %d; want 0 or more", set.SpeedLimit)
	}
	cfg.PlainHTTP, cfg.SkipVerify = insecure == 1, insecure == 1
	src, err := registry.New(cfg) // checks the address; contacts nobody
	if err != nil {
		return err
	}
	src.Close()
	if r.Config, err = json.Marshal(cfg); err != nil {
		return err
	}
	r.Settings, err = json.Marshal(set)
	return err
}

// addRegistry stores a registry; a running server reads it within seconds.
//
// Insecure 1 allows HTTP without TLS, and any certificate with it.
// NeedScan scans after the first sync: the newest image of each repository, or
// all of them when SyncMode is incremental. HealthCheckErr is always "": what
// the first sync runs into is in the list of registries.
func (s *Service) addRegistry(
	ctx context.Context, req *AddAssetImageRegistryRegistryDetailRequest,
) (*AddAssetImageRegistryRegistryDetailResponse, error) {
	r := store.Registry{Source: store.Source{Name: req.Name}, Kind: req.RegistryType}
	err := fill(&r, registry.Config{URL: req.Url, Username: req.Username, Password: req.Password}, registrySettings{
		NetType: req.NetType, Version: req.RegistryVersion, Region: req.RegistryRegion, SpeedLimit: req.SpeedLimit,
		ConnDetect: req.ConnDetectConfig, SyncMode: req.SyncMode, NeedScan: req.NeedScan, WebhookURL: req.WebhookUrl,
		WebhookToken: req.WebhookToken, InstanceID: req.InstanceId,
	}, req.Insecure)
	if err != nil {
		return nil, err
	}
	if req.NeedScan {
		r.First = firstScan(req.SyncMode)
	}
	number, err := s.Store.Registries().Add(ctx, r)
	if landwaiter.KindOf(err) == landwaiter.Conflict {
		return &AddAssetImageRegistryRegistryDetailResponse{NameRepeatErr: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	return &AddAssetImageRegistryRegistryDetailResponse{RegistryId: number}, nil
}

func firstScan(mode uint64) store.FirstScan {
	if mode == syncIncremental {
		return store.FirstAll
	}
	return store.FirstLatest
}

// updateRegistry changes a registry. An empty Password keeps the one there is,
// unless Url changes: a password is never sent to a host that it was not given
// for. An optional parameter that is not sent keeps its value.
func (s *Service) updateRegistry(
	ctx context.Context, req *UpdateAssetImageRegistryRegistryDetailRequest,
) (*UpdateAssetImageRegistryRegistryDetailResponse, error) {
	if req.RegistryId == nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "RegistryId is missing: it says which registry to change")
	}
	r, err := s.Store.Registries().Get(ctx, *req.RegistryId)
	if err != nil {
		return nil, err
	}
	cfg, set, err := registryOf(r)
	if err != nil {
		return nil, err
	}
	switch {
	case req.Password != "" || req.Username == "":
		cfg.Password = req.Password
	case req.Url != cfg.URL && cfg.Password != "":
		return nil, landwaiter.Errorf(landwaiter.Invalid, "Url changes: send the Password again, it is kept for %s only",
			cfg.URL)
	}
	insecure := flag(cfg.PlainHTTP)
	keep(&insecure, req.Insecure)
	needed := set.NeedScan
	keep(&set.SpeedLimit, req.SpeedLimit)
	keep(&set.SyncMode, req.SyncMode)
	keep(&set.NeedScan, req.NeedScan)
	set.NetType, set.Version = req.NetType, cmp.Or(req.RegistryVersion, set.Version)
	set.Region, set.InstanceID = cmp.Or(req.RegistryRegion, set.Region), cmp.Or(req.InstanceId, set.InstanceID)
	if req.ConnDetectConfig != nil {
		set.ConnDetect = req.ConnDetectConfig
	}
	cfg.URL, cfg.Username = req.Url, req.Username
	r.Name, r.Kind = req.Name, req.RegistryType
	switch {
	case !set.NeedScan:
		r.First = store.FirstNone
	case !needed:
		r.First = firstScan(set.SyncMode)
	}
	if err := fill(&r, cfg, set, insecure); err != nil {
		return nil, err
	}
	resp := &UpdateAssetImageRegistryRegistryDetailResponse{RegistryId: r.Number}
	err = s.Store.Registries().Update(ctx, r)
	if landwaiter.KindOf(err) == landwaiter.Conflict {
		resp.NameRepeatErr = err.Error()
		return resp, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = s.Store.Sources().RequestSync(ctx, []string{r.Name})
	return resp, err
}

// keep sets a value unless none was sent.
func keep[T any](value *T, sent *T) {
	if sent != nil {
		*value = *sent
	}
}

func (s *Service) removeRegistry(
	ctx context.Context, req *RemoveAssetImageRegistryRegistryDetailRequest,
) (*RemoveAssetImageRegistryRegistryDetailResponse, error) {
	if err := s.Store.Registries().Remove(ctx, req.RegistryId); err != nil {
		return nil, err
	}
	return &RemoveAssetImageRegistryRegistryDetailResponse{}, nil
}

func (s *Service) checkRepeatRegistry(
	ctx context.Context, req *CheckRepeatAssetImageRegistryRequest,
) (*CheckRepeatAssetImageRegistryResponse, error) {
	_, err := s.Store.Sources().Get(ctx, req.Name)
	if err != nil && landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	return &CheckRepeatAssetImageRegistryResponse{IsRepeat: err == nil}, nil
}

// describeRegistry shows everything of a registry but its password and the
// token of its webhook, which can be written only: both are "". An update
// takes an empty Password for "keep it", and cannot change the token.
func (s *Service) describeRegistry(
	ctx context.Context, req *DescribeAssetImageRegistryRegistryDetailRequest,
) (*DescribeAssetImageRegistryRegistryDetailResponse, error) {
	r, err := s.Store.Registries().Get(ctx, req.RegistryId)
	if err != nil {
		return nil, err
	}
	cfg, set, err := registryOf(r)
	if err != nil {
		return nil, err
	}
	return &DescribeAssetImageRegistryRegistryDetailResponse{
		Name: r.Name, Username: cfg.Username, Url: cfg.URL, RegistryType: cmp.Or(r.Kind, store.DefaultRegistryKind),
		RegistryVersion: set.Version, NetType: set.NetType, RegistryRegion: set.Region, SpeedLimit: uint64(set.SpeedLimit),
		Insecure: flag(cfg.PlainHTTP), ConnDetectDetail: connDetect(r, set), InstanceID: set.InstanceID,
		SyncMode: set.SyncMode, NeedScan: set.NeedScan, WebhookUrl: history.Text(set.WebhookURL),
	}, nil
}
