package image

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// mostContent is how many bytes a manifest or configuration may have: as many as registries have to take of a manifest, by
// the OCI distribution spec.
const mostContent = 4 << 20

var manifestTypes = strings.Join([]string{
	string(types.OCIImageIndex), string(types.DockerManifestList), string(types.OCIManifestSchema1), string(types.DockerManifestSchema2),
}, ", ")

func manifestHeader() http.Header { return http.Header{"Accept": {manifestTypes}} }

// content is a manifest or a configuration as it came.
type content struct {
	text  []byte
	media string
}

var (
	errSize   = fmt.Errorf("%w: its description has more than %d MiB", ErrUnusable, mostContent>>20)
	errDigest = errors.New("what the registry sends has another digest than it says")
)

func digestOf(text []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(text)) }

// fetch reads a part of the repository.
func (r *Repository) fetch(ctx context.Context, part string, header http.Header) (content, error) {
	response, err := r.ask(ctx, http.MethodGet, r.address(part, ""), header)
	if err != nil {
		return content{}, err
	}
	defer response.Body.Close()
	err = transport.CheckError(response, http.StatusOK)
	if isWithheld(err) {
		return content{}, errWithheld
	}
	if err != nil {
		return content{}, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, mostContent+1))
	if err == nil && len(text) > mostContent {
		err = errSize
	}
	return content{text, response.Header.Get("Content-Type")}, err
}

// fetchExact reads what has a digest.
func (r *Repository) fetchExact(ctx context.Context, kind, digest string, header http.Header) (content, error) {
	found, err := r.fetch(ctx, kind+"/"+digest, header)
	if err == nil && digestOf(found.text) != digest {
		err = hint.With(errDigest, "push it again; a proxy in between may change what it passes on")
	}
	return found, err
}

// manifest is what of an image's or index's manifest is of use here.
type manifest struct {
	MediaType    types.MediaType   `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Config       v1.Descriptor     `json:"config"`
	Layers       []v1.Descriptor   `json:"layers"`
	Manifests    []v1.Descriptor   `json:"manifests"`
	Annotations  map[string]string `json:"annotations"`
}

func (r *Repository) manifest(ctx context.Context, digest string) (m manifest, err error) {
	found, err := r.fetchExact(ctx, "manifests", digest, manifestHeader())
	if err != nil {
		return m, err
	}
	if json.Unmarshal(found.text, &m) != nil {
		return m, fmt.Errorf("%w: its manifest can't be read", ErrUnusable)
	}
	if m.MediaType == "" {
		m.MediaType = types.MediaType(found.media) // which the OCI image spec leaves to the header
	}
	return m, nil
}

// read describes what has a digest.
func (r *Repository) read(ctx context.Context, digest string) (Description, error) {
	d := Description{Digest: digest}
	top, err := r.manifest(ctx, digest)
	if err != nil {
		return d, err
	}
	image := top
	if top.MediaType.IsIndex() {
		children := slices.DeleteFunc(top.Manifests, func(c v1.Descriptor) bool { return !isForPlatform(c) })
		if len(children) == 0 {
			return d, fmt.Errorf("%w: it is an index of none", ErrUnusable)
		}
		d.Platforms = platformsOf(children)
		if image, err = r.manifest(ctx, ordinary(children).Digest.String()); err != nil {
			return d, err
		}
	}
	if slices.ContainsFunc(image.Layers, isChartLayer) {
		d.IsChart, d.Labels = true, labelsOf(image.Annotations)
		d.Built = builtAt(d.Labels[createdLabel])
		return d, nil
	}
	if err := image.check(); err != nil {
		return d, err
	}
	config, err := r.config(ctx, image.Config)
	if err != nil {
		return d, err
	}
	if d.Platforms == nil {
		d.Platforms = platformsOf([]v1.Descriptor{{Platform: &config.Platform}})
	}
	d.Labels = labelsOf(config.Config.Labels, image.Annotations, top.Annotations)
	d.Built = builtAt(config.Created, d.Labels[createdLabel])
	return d, nil
}

// isForPlatform tells images in an index from what else is in it: attestations of BuildKit have a platform that is unknown.
func isForPlatform(c v1.Descriptor) bool {
	return c.MediaType.IsImage() && (c.Platform == nil || c.Platform.OS != "unknown") && c.Annotations["vnd.docker.reference.type"] == ""
}

// ordinary is the image that is looked at for all of an index.
func ordinary(children []v1.Descriptor) v1.Descriptor {
	for _, c := range children {
		if c.Platform != nil && c.Platform.OS == "linux" && c.Platform.Architecture == "amd64" {
			return c
		}
	}
	return children[0]
}

func platformsOf(images []v1.Descriptor) []string {
	const most = 100
	names := map[string]bool{}
	for _, i := range images {
		if i.Platform != nil && i.Platform.OS != "" && len(names) < most {
			names[printable(i.Platform.String())] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// isChartLayer says whether a layer is a Helm chart: https://helm.sh/docs/topics/registries/
func isChartLayer(l v1.Descriptor) bool {
	return l.MediaType == "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
}

// check refuses what is no image for a container: signatures and whatever else is kept in registries.
func (m manifest) check() error {
	isConfig := m.Config.MediaType == types.OCIConfigJSON || m.Config.MediaType == types.DockerConfigJSON
	switch {
	case m.MediaType == types.DockerManifestSchema1 || m.MediaType == types.DockerManifestSchema1Signed:
		return fmt.Errorf("%w that can still be run: its manifest is of the first version", ErrUnusable)
	case m.ArtifactType != "":
		return fmt.Errorf("%w but an artifact: %.80q", ErrUnusable, m.ArtifactType)
	case !m.MediaType.IsImage() || !isConfig:
		return fmt.Errorf("%w but something else: %.80q", ErrUnusable, string(m.Config.MediaType))
	case len(m.Layers) > 0 && !slices.ContainsFunc(m.Layers, isLayer): // cosign's signatures have an image's configuration
		return fmt.Errorf("%w but something else: %.80q", ErrUnusable, string(m.Layers[0].MediaType))
	}
	return nil
}

func isLayer(l v1.Descriptor) bool {
	media := string(l.MediaType)
	return strings.HasPrefix(media, "application/vnd.oci.image.layer.") || strings.HasPrefix(media, "application/vnd.docker.image.rootfs.")
}
