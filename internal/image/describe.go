package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fairlead-dev/fairlead/internal/source"
)

// Description is what a registry knows of an image. It is not to be changed.
type Description struct {
	Digest    string            // sha256:…, which a pod pulls: of the index, where there is one for several platforms
	Built     time.Time         // zero if it isn't known, or is said to be before 1990, as where builds are reproducible
	Labels    map[string]string // those of the OCI image spec that it has, such as org.opencontainers.image.revision
	Platforms []string          // such as linux/arm64, in order
	IsChart   bool              // of Helm, not an image
}

// ErrUnusable is that of a tag which has gone, or doesn't name an image.
var ErrUnusable = errors.New("it names no image")

// errWithheld is an ErrUnusable that may be otherwise when it is asked again.
var errWithheld = fmt.Errorf("%w: the registry doesn't give it out", ErrUnusable)

// errNoChart is that of a tag which names an image where a chart is looked for.
var errNoChart = fmt.Errorf("%w that is a chart", ErrUnusable)

// finding is what was read of a digest: an image, or why it is none.
type finding struct {
	Description
	unusable error
}

// sighting is what a tag named.
type sighting struct {
	digest string
	at     time.Time
}

const mostTagsKnown = 1000 // of a repository

// Digest asks what a tag names now. Its error is ErrUnusable if that is nothing.
func (r *Repository) Digest(ctx context.Context, tag string) (string, error) {
	ctx, cancel := r.within(ctx)
	defer cancel()
	digest, err := r.digest(ctx, tag)
	return digest, r.explain(ctx, "tag "+tag, err)
}

// Describe tells of the image that a tag names, or has named no longer ago than maxAge: with 0 the registry is asked at
// once. What was read of a digest is not read again. An error that is ErrUnusable says why of that tag alone.
func (r *Repository) Describe(ctx context.Context, tag string, maxAge time.Duration) (Description, error) {
	return r.describe(ctx, tag, maxAge, false)
}

// DescribeChart is Describe for a tag that names a Helm chart.
func (r *Repository) DescribeChart(ctx context.Context, tag string, maxAge time.Duration) (Description, error) {
	return r.describe(ctx, tag, maxAge, true)
}

func (r *Repository) describe(ctx context.Context, tag string, maxAge time.Duration, wantsChart bool) (Description, error) {
	ctx, cancel := r.within(ctx)
	defer cancel()
	found, err := r.find(ctx, tag, maxAge)
	switch {
	case err != nil:
	case found.unusable != nil:
		err = found.unusable
	case found.IsChart && !wantsChart:
		err = fmt.Errorf("%w but a chart", ErrUnusable)
	case wantsChart && !found.IsChart:
		err = errNoChart
	}
	if err != nil {
		return Description{}, r.explain(ctx, "tag "+tag, err)
	}
	return found.Description, nil
}

func (r *Repository) find(ctx context.Context, tag string, maxAge time.Duration) (found finding, err error) {
	seen, _ := r.tags.Get(tag)
	last, ok := seen.(sighting)
	digest := last.digest
	if !ok || r.registries.options.Now().Sub(last.at) >= maxAge {
		if digest, err = r.digest(ctx, tag); err != nil {
			return found, err
		}
	}
	if known, ok := r.registries.known.Get(digest); ok {
		return known.(finding), nil
	}
	if err := r.describing.take(ctx); err != nil {
		return found, err
	}
	defer r.describing.give()
	if known, ok := r.registries.known.Get(digest); ok { // by who had the turn before
		return known.(finding), nil
	}
	found.Description, err = r.read(ctx, digest)
	if errors.Is(err, ErrUnusable) && !errors.Is(err, errWithheld) {
		found.unusable, err = err, nil // and stays so
	}
	if err == nil {
		r.registries.known.Add(digest, found)
	}
	return found, err
}

// digest asks by HEAD, and where the answer says too little by GET.
func (r *Repository) digest(ctx context.Context, tag string) (string, error) {
	if !source.IsTag(tag) {
		return "", fmt.Errorf("%w: no tag can have that name", ErrUnusable)
	}
	response, err := r.ask(ctx, http.MethodHead, r.address("manifests/"+tag, ""), manifestHeader())
	if err != nil {
		return "", err
	}
	err = transport.CheckError(response, http.StatusOK, http.StatusMethodNotAllowed)
	response.Body.Close()
	if isWithheld(err) {
		return "", errWithheld
	}
	if err != nil {
		return "", err
	}
	digest := response.Header.Get("Docker-Content-Digest")
	if _, err := v1.NewHash(digest); err != nil || response.StatusCode != http.StatusOK {
		whole, err := r.fetch(ctx, "manifests/"+tag, manifestHeader())
		if err != nil {
			return "", err
		}
		digest = digestOf(whole.text)
	}
	r.tags.Add(tag, sighting{digest, r.registries.options.Now()})
	return digest, nil
}
