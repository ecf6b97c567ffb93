package tcss

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
)

// errNotEnough is the code for more images than may be authorized. There are no
// licences to run out of here, but a caller that sends more images than it counts
// has made a mistake.
const errNotEnough = "FailedOperation.AuthorizedNotEnough"

// modifyAuthorized authorizes local images. Parameters for registry images are
// refused rather than ignored: an image has one authorization here, wherever it is
// stored, and a caller must not believe that the other half was done. In the API,
// too, the parameters outrank each other instead of adding up.
func (s *Service) modifyAuthorized(
	ctx context.Context, req *ModifyImageAuthorizedRequest,
) (*ModifyImageAuthorizedResponse, error) {
	if req.AllRegistryImages || len(req.RegistryImageIds) > 0 || len(req.RegistryImageFilter) > 0 {
		return nil, landwaiter.Errorf(landwaiter.Unsupported,
			"images of registries are authorized with the others: use the local parameters")
	}
	sel := landwaiter.Selection{Exclude: req.ExcludeLocalImageIds}
	switch { // each outranks those that follow
	case req.AllLocalImages:
		sel.All = true
	case len(req.LocalImageIds) > 0:
		sel.Images = req.LocalImageIds
	case len(req.LocalImageFilter) > 0:
		var err error
		if sel.Filters, err = imageWords.translate(req.LocalImageFilter); err != nil {
			return nil, err
		}
	default:
		return nil, landwaiter.Errorf(landwaiter.Invalid,
			"choose images by AllLocalImages, LocalImageIds or LocalImageFilter")
	}
	if uint64(len(sel.Images)) > req.UpdatedLocalImageCnt {
		return nil, cloudapi.Errorf(errNotEnough, "UpdatedLocalImageCnt is %d, but %d images are listed",
			req.UpdatedLocalImageCnt, len(sel.Images))
	}
	if err := s.Store.Authorizations().Set(ctx, sel, true); err != nil {
		return nil, err
	}
	return &ModifyImageAuthorizedResponse{}, nil
}

// renewAuthorized authorizes images as modifyAuthorized does: an authorization does
// not expire here, so there is nothing to renew.
func (s *Service) renewAuthorized(
	ctx context.Context, req *RenewImageAuthorizeStateRequest,
) (*RenewImageAuthorizeStateResponse, error) {
	sel := landwaiter.Selection{All: req.AllImages, Images: req.ImageIds}
	if sel.All {
		sel.Images = nil
	} else if len(sel.Images) == 0 {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "choose images by AllImages or ImageIds")
	}
	if err := s.Store.Authorizations().Set(ctx, sel, true); err != nil {
		return nil, err
	}
	if req.NeedScan {
		// Authorizing has succeeded: that the images are being scanned already is no
		// reason to report a failure.
		sel.Kinds = scanTypes(req.ScanType)
		if _, err := s.Tasks.Create(ctx, sel); err != nil && landwaiter.KindOf(err) != landwaiter.Conflict {
			return nil, err
		}
	}
	return &RenewImageAuthorizeStateResponse{}, nil
}

// scanTypes reads the kinds of a scan as the licence actions name them. Without a
// known one it is all kinds, the default of these actions.
func scanTypes(words []string) landwaiter.ScanKind {
	var k landwaiter.ScanKind
	for _, w := range words {
		k |= map[string]landwaiter.ScanKind{
			"CVE": landwaiter.ScanVul, "VIRUS": landwaiter.ScanVirus, "RISK": landwaiter.ScanRisk, "ALL": landwaiter.ScanAll,
		}[w]
	}
	if k == 0 {
		return landwaiter.ScanAll
	}
	return k
}

// describeAuthorizedInfo answers for a product without licences: as many as
// there are images, all of them purchased.
func (s *Service) describeAuthorizedInfo(
	ctx context.Context, _ *DescribeImageAuthorizedInfoRequest,
) (*DescribeImageAuthorizedInfoResponse, error) {
	sum, err := s.Store.Images().Totals(ctx)
	if err != nil {
		return nil, err
	}
	all, used := uint64(sum.Images), uint64(sum.Authorized)
	return &DescribeImageAuthorizedInfoResponse{
		TotalAuthorizedCnt: all, UsedAuthorizedCnt: used, ScannedImageCnt: used, NotScannedImageCnt: all - used,
		NotScannedLocalImageCnt: all - used, PurchasedAuthorizedCnt: all, UsedPurchasedAuthorizedCnt: used,
		ImageScanInquireInfo: ImageScanInquireInfo{PurchaseStatus: "Normal", Capcity: all, Useage: used},
	}, nil
}

// describePurchaseState says that everything is licensed: state 3, running.
func (s *Service) describePurchaseState(
	ctx context.Context, _ *DescribePurchaseStateInfoRequest,
) (*DescribePurchaseStateInfoResponse, error) {
	sum, err := s.Store.Images().Totals(ctx)
	if err != nil {
		return nil, err
	}
	return &DescribePurchaseStateInfoResponse{
		State: 3, ImageCnt: uint64(sum.Images), AuthorizedImageCnt: uint64(sum.Authorized),
		PurchasedAuthorizedCnt: uint64(sum.Images), DefendPolicy: "All",
	}, nil
}
